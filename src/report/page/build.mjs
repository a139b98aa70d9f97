// Bundles the report page into one HTML file with two marks that the C++ writer replaces:
// the title and the data. Usage: node build.mjs OUTPUT
import { build } from 'esbuild';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = process.argv[2];
if (!output) {
  console.error('usage: node build.mjs OUTPUT');
  process.exit(2);
}

const bundle = await build({
  entryPoints: [join(here, 'main.js')],
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['chrome90', 'firefox90', 'safari15'],
  legalComments: 'none',
  charset: 'utf8',
  write: false,
});
const style = await build({
  entryPoints: [join(here, 'style.css')],
  minify: true,
  write: false,
});

// A closing tag inside the bundle would end its script element.
const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');
const page = readFileSync(join(here, 'page.html'), 'utf8')
  .replace('/*STYLE*/', () => style.outputFiles[0].text)
  .replace('/*SCRIPT*/', () => script);
writeFileSync(output, page);

// Opens report pages in Chromium. Run by scripts/test_page.sh, which makes the pages:
//   PAGES=folder CHROMIUM=/usr/bin/chromium node --test page.test.mjs
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';

const folder = process.env.PAGES;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
      '--disable-background-networking', '--disable-component-update'],
  });
});
after(() => browser?.close());

/** Opens a page; collects what must not happen. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && trouble.push(`console: ${message.text()}`));
  page.on('request', (request) => /^(file|data|blob):/.test(request.url()) || trouble.push(`request: ${request.url()}`));
  await page.goto(`file://${join(folder, name)}`);
  await page.waitForSelector('html[data-ready]');
  return { page, trouble };
}

const cells = (page, column) => page.$$eval('#layers tbody tr', (rows, n) => rows.map((r) => r.cells[n].textContent), column);

test('loads without an error or a request, and names do no harm', async () => {
  const { page, trouble } = await open('small.html');
  assert.deepEqual(trouble, []);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal((await cells(page, 0)).length, 22);
  assert.match(await page.textContent('#layers'), /<script>window\.harmed/);
});

test('virtual data wear a mark', async () => {
  const { page } = await open('small.html');
  assert.match(await page.textContent('#banners'), /virtual: a simulated board/);
});

test('sorting by a column turns with a second click', async () => {
  const { page } = await open('small.html');
  const header = page.locator('#layers thead button', { hasText: 'mean' });
  await header.click();
  const first = await cells(page, 0);
  await header.click();
  const second = await cells(page, 0);
  assert.notDeepEqual(first, second);
  assert.equal(await page.locator('#layers thead th', { hasText: 'mean' }).getAttribute('aria-sort'), 'ascending');
});

test('filtering keeps the matching layers', async () => {
  const { page } = await open('small.html');
  await page.fill('#filter', 'gemm');
  const types = await cells(page, 2);
  assert.ok(types.length > 0 && types.length < 22);
  assert.ok(types.every((type) => type.includes('Gemm')));
  assert.match(await page.textContent('#table-state'), /of 22 layers/);
});

test('copying gives CSV with a head and a line a layer', async () => {
  const { page } = await open('small.html');
  // Pages opened from files have no clipboard permission to grant: catch what is copied.
  await page.evaluate(() => {
    Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } });
  });
  await page.click('#copy');
  const csv = await page.evaluate(() => window.copied);
  assert.match(csv.split('\n')[0], /^index,name,type,.*power_w,power_w_low,power_w_high/);
  assert.match(await page.textContent('#table-state'), /22 rows copied/);
});

test('zooming to a pass shows its layers, and the whole recording again', async () => {
  const { page, trouble } = await open('small.html');
  await page.click('[data-zoom=pass]');
  assert.match(await page.textContent('#power-range'), /executions of layers/);
  const one = await page.textContent('#power-range');
  await page.click('[data-zoom=next]');
  await page.click('[data-zoom=in]');
  assert.notEqual(await page.textContent('#power-range'), one);
  await page.click('[data-zoom=all]');
  assert.match(await page.textContent('#power-range'), /^60\.0 s shown/);
  assert.deepEqual(trouble, []);
});

test('the theme follows the system and switches', async () => {
  const { page } = await open('small.html', { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.click('#theme');
  assert.notEqual(await ground(), dark);
});

for (const colorScheme of ['light', 'dark']) {
  test(`axe finds nothing serious in the ${colorScheme} theme`, async () => {
    const { page } = await open('small.html', { colorScheme });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    const serious = violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), []);
  });
}

for (const width of [360, 768, 1440]) {
  test(`nothing sticks out at ${width} pixels`, async () => {
    const { page } = await open('small.html', { viewport: { width, height: 800 } });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${over} pixels too wide`);
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `page-${width}.png`), fullPage: true });
  });
}

test('a network of 520 layers and ten minutes at 1 kHz stays below 8 MB and works', async () => {
  assert.ok(statSync(join(folder, 'large.html')).size < 8 * 2 ** 20);
  const { page, trouble } = await open('large.html');
  await page.click('[data-zoom=pass]');
  assert.match(await page.textContent('#power-range'), /executions of layers/);
  assert.equal((await cells(page, 0)).length, 520);
  assert.deepEqual(trouble, []);
});

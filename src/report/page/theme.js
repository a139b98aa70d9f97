// Light and dark, and the colours of layer kinds: Okabe and Ito's palette, which people with colour
// blindness tell apart; dark variants are lighter.

const KINDS = [
  ['convolution', /conv/i, '#0072b2', '#56a9e0'],
  ['matrix multiply', /gemm|matmul|fully|dense|linear/i, '#d55e00', '#f28a3d'],
  ['pooling', /pool/i, '#009e73', '#3ccda2'],
  ['normalisation', /norm|lrn/i, '#a8479b', '#dd8fd2'],
  ['activation', /relu|sigmoid|swish|clip|softmax|gelu|silu|activation/i, '#b38600', '#e6c24a'],
  ['elementwise', /add|mul|sum|elementwise|pointwise/i, '#5f7d8c', '#9db8c6'],
  ['data movement', /reformat|reorder|transpose|reshape|concat|flatten|slice|gather|noop|cast/i, '#7a7a7a', '#b5b5b5'],
];
const OTHER = ['other', null, '#4b4b8f', '#a3a3e0'];

export function kindOf(type) {
  return (KINDS.find(([, pattern]) => pattern.test(type)) ?? OTHER)[0];
}

export function colorOf(kind, dark) {
  const row = KINDS.find(([name]) => name === kind) ?? OTHER;
  return dark ? row[3] : row[2];
}

export function isDark() {
  return document.documentElement.dataset.theme === 'dark';
}

/** The colours that charts share with the page. */
export function tokens() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    text: read('--text'),
    muted: read('--muted'),
    line: read('--line'),
    ground: read('--ground'),
    raised: read('--raised'),
    accent: read('--accent'),
    dark: isDark(),
  };
}

export function setUpTheme(button, changed) {
  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = theme === 'dark' ? 'Light' : 'Dark';
    changed();
  };
  apply(prefersDark.matches ? 'dark' : 'light');
  prefersDark.addEventListener('change', (event) => apply(event.matches ? 'dark' : 'light'));
  button.addEventListener('click', () => apply(isDark() ? 'light' : 'dark'));
  // Paper is white.
  let before = null;
  window.addEventListener('beforeprint', () => {
    before = document.documentElement.dataset.theme;
    apply('light');
  });
  window.addEventListener('afterprint', () => before && apply(before));
}

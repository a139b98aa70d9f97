// Numbers for people: SI prefixes, three significant digits, intervals.

const PREFIXES = [
  [1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n'],
];

function prefixFor(value) {
  const magnitude = Math.abs(value) * 1.0005;
  return PREFIXES.find(([scale]) => magnitude >= scale) ?? PREFIXES[PREFIXES.length - 1];
}

function digits(value) {
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(value) * 1.0005));
  return value.toFixed(Math.max(0, Math.min(6, 2 - exponent)));
}

/** 0.00123, 'J' → '1.23 mJ'. */
export function si(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return `0 ${unit}`;
  const [scale, prefix] = prefixFor(value);
  return `${digits(value / scale)} ${prefix}${unit}`;
}

/** The interval of an estimate in the prefix of its value: '1.20 to 1.26 mJ'; '' without one. */
export function interval(estimate, unit) {
  if (!estimate || estimate.low === null || estimate.low === undefined) return '';
  const [scale, prefix] = prefixFor(estimate.value || estimate.high || 1);
  return `${digits(estimate.low / scale)} to ${digits(estimate.high / scale)} ${prefix}${unit}`;
}

export function percent(part, decimals = 1) {
  return part === null || part === undefined ? '–' : `${(part * 100).toFixed(decimals)} %`;
}

export function count(value) {
  return value === null || value === undefined ? '–' : value.toLocaleString('en-GB');
}

/** Shortens in the middle, where names of layers differ least. */
export function shorten(text, limit) {
  const letters = Array.from(text.replace(/\s+/g, ' '));
  if (letters.length <= limit) return letters.join('');
  const head = Math.ceil((limit - 1) / 2);
  return `${letters.slice(0, head).join('')}…${letters.slice(letters.length - (limit - 1 - head)).join('')}`;
}

/** Keeps directions of one name from turning what stands around it. */
export function isolate(text) {
  return `\u2068${text}\u2069`;
}

export function decodeFloat32(base64) {
  return new Float32Array(bytes(base64).buffer);
}
export function decodeFloat64(base64) {
  return new Float64Array(bytes(base64).buffer);
}
export function decodeUint16(base64) {
  return new Uint16Array(bytes(base64).buffer);
}

function bytes(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) out[i] = text.charCodeAt(i);
  return out;
}

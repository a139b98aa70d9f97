// The table of layers: sortable, filterable, copied as CSV. Text is set as text, never as HTML.
import { count, interval, isolate, percent, si } from './format.js';

const estimateCell = (unit) => (td, estimate) => {
  if (!estimate) {
    td.textContent = '–';
    return;
  }
  td.append(si(estimate.value, unit));
  const text = interval(estimate, unit);
  if (!text) return;
  const minor = document.createElement('div');
  minor.className = 'minor';
  minor.textContent = text;
  td.append(minor);
};

const COLUMNS = [
  { key: 'index', title: '#', value: (l) => l.index },
  {
    key: 'name', title: 'layer', text: true, value: (l) => l.name,
    cell: (td, name) => {
      td.className = 'text name';
      td.dir = 'auto';
      td.title = name.slice(0, 1000);
      td.textContent = name.replace(/\s+/g, ' ').slice(0, 300);
    },
  },
  { key: 'type', title: 'type', text: true, value: (l) => l.type },
  { key: 'output', title: 'output', text: true, value: (l) => l.output },
  { key: 'runs', title: 'runs', value: (l) => l.run_time?.count ?? 0, format: count },
  { key: 'mean', title: 'mean', csv: 'mean_run_time_s', value: (l) => l.run_time?.mean ?? null, format: (v) => si(v, 's') },
  { key: 'p95', title: 'p95', csv: 'p95_run_time_s', value: (l) => l.run_time?.p95 ?? null, format: (v) => si(v, 's') },
  { key: 'power', title: 'power', csv: 'power_w', estimate: true, value: (l) => l.power, cell: estimateCell('W') },
  { key: 'window', title: 'window', csv: 'window_power_w', value: (l) => l.window_power ?? null, format: (v) => si(v, 'W'),
    hint: 'what the published method says: the mean of the samples inside the layer' },
  { key: 'energy', title: 'energy', csv: 'energy_j', estimate: true, value: (l) => l.energy, cell: estimateCell('J') },
  { key: 'share', title: 'share', value: (l) => l.share ?? null, format: percent },
  {
    key: 'status', title: 'status', text: true, value: (l) => l.status,
    cell: (td, status, layer) => {
      const mark = document.createElement('span');
      mark.className = `status ${status}`;
      mark.textContent = layer.shrunk ? `${status}, shrunk` : status;
      if (layer.reason) mark.title = layer.reason;
      td.className = 'text';
      td.append(mark);
    },
  },
];

function compare(a, b) {
  if (a === null) return b === null ? 0 : 1;
  if (b === null) return -1;
  return typeof a === 'string' ? a.localeCompare(b) : a - b;
}

const sortValue = (column, layer) => {
  const value = column.value(layer);
  return column.estimate ? (value?.value ?? null) : value;
};

function csvField(value) {
  const text = value === null || value === undefined ? '' : String(value);
  // A leading sign of a formula would be run by spreadsheets.
  const safe = /^[=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function toCsv(columns, layers) {
  const head = columns.flatMap((c) => (c.estimate ? [c.csv, `${c.csv}_low`, `${c.csv}_high`] : [c.csv ?? c.key]));
  const rows = layers.map((layer) =>
    columns.flatMap((c) => {
      const value = c.value(layer);
      return c.estimate ? [value?.value, value?.low, value?.high] : [value];
    }));
  return [head, ...rows].map((row) => row.map(csvField).join(',')).join('\n') + '\n';
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages opened from a file may not use the clipboard directly.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

export function showTable(table, report, filter, copyButton, state) {
  const layers = report.layers.map((layer, i) => ({ ...layer, index: i + 1 }));
  const columns = COLUMNS.filter((c) => c.key !== 'window' || layers.some((l) => l.window_power !== null && l.window_power !== undefined));
  let sorted = { key: 'index', descending: false };
  let shown = layers;

  const head = table.createTHead().insertRow();
  const body = table.createTBody();
  for (const column of columns) {
    const th = document.createElement('th');
    th.scope = 'col';
    if (column.text) th.className = 'text';
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = column.title;
    if (column.hint) button.title = column.hint;
    button.addEventListener('click', () => {
      sorted = { key: column.key, descending: sorted.key === column.key ? !sorted.descending : !column.text && column.key !== 'index' };
      draw();
    });
    th.append(button);
    head.append(th);
    column.th = th;
    column.button = button;
  }

  const row = (layer) => {
    const tr = document.createElement('tr');
    tr.dataset.index = layer.index - 1;
    for (const column of columns) {
      const td = tr.insertCell();
      const value = column.value(layer);
      if (column.cell) column.cell(td, value, layer);
      else {
        if (column.text) td.className = 'text';
        td.textContent = column.format ? column.format(value) : column.text ? isolate(value) : value;
      }
    }
    return tr;
  };

  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    shown = layers.filter((l) => !wanted || `${l.name}\n${l.type}\n${l.status}`.toLowerCase().includes(wanted));
    const column = columns.find((c) => c.key === sorted.key);
    shown.sort((a, b) => compare(sortValue(column, a), sortValue(column, b)) * (sorted.descending ? -1 : 1));
    body.replaceChildren(...shown.map(row));
    for (const c of columns) {
      const active = c.key === sorted.key;
      c.th.setAttribute('aria-sort', active ? (sorted.descending ? 'descending' : 'ascending') : 'none');
      c.button.textContent = c.title + (active ? (sorted.descending ? ' ↓' : ' ↑') : '');
    }
    state.textContent = shown.length === layers.length ? `${layers.length} layers` : `${shown.length} of ${layers.length} layers`;
  };

  filter.addEventListener('input', draw);
  copyButton.addEventListener('click', async () => {
    const done = await copy(toCsv(columns, shown));
    state.textContent = done ? `${shown.length} rows copied` : 'this browser does not let a page copy';
  });
  draw();

  return (index) => {
    filter.value = '';
    draw();
    for (const tr of body.rows) tr.classList.toggle('selected', tr.dataset.index === String(index));
    body.querySelector('.selected')?.scrollIntoView({ block: 'center', behavior: 'smooth' });
  };
}

// Reads the report's data and puts the page together.
import { refreshCharts } from './chart.js';
import { showEnergy } from './energy.js';
import { count, interval, percent, si } from './format.js';
import { showStages, showTypes } from './groups.js';
import { showPower } from './power.js';
import { showRoofline, showScatter } from './scatter.js';
import { showTable } from './table.js';
import { setUpTheme } from './theme.js';

const report = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);

function element(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

function showHead() {
  $('title').textContent = report.title;
  $('subtitle').textContent = report.subtitle;
  if (report.predicted) {
    $('marks').append(element('span', 'predicted', 'mark virtual'));
    $('banners').append(element('p', `This page is predicted by a model, not measured${report.virtual ? '; the model learnt from a virtual board' : ''}.`, 'banner virtual'));
  } else if (report.virtual) {
    $('marks').append(element('span', 'virtual', 'mark virtual'));
    $('banners').append(element('p', 'The power on this page is virtual: a simulated board, not a measurement.', 'banner virtual'));
  }
  if (report.partial) {
    $('marks').append(element('span', 'partial', 'mark partial'));
    $('banners').append(element('p', 'The recording was stopped before its end; everything here is of the part that was kept.', 'banner partial'));
  }
}

function tile(name, figure, detail) {
  const box = element('div');
  box.append(element('dt', name), element('dd', figure, 'figure'));
  if (detail) box.append(element('dd', detail, 'interval'));
  $('headline').append(box);
}

function showHeadline() {
  const h = report.headline;
  tile('energy per inference, above idle', si(h.pass_energy?.value, 'J'), interval(h.pass_energy, 'J') || (h.plain_pass_energy ? 'under the profiler' : ''));
  if (!report.predicted) tile('energy per inference, idle included', si(h.pass_energy_with_idle, 'J'), 'over the same time');
  if (h.plain_pass_energy) tile('the same without the profiler, above idle', si(h.plain_pass_energy.value, 'J'), `${interval(h.plain_pass_energy, 'J')} in ${si(h.plain_pass_time, 's')}`);
  tile('run time', si(h.pass_time, 's'), h.pass_time_is_sum ? 'sum of the layers run apart' : h.pass_time ? `${count(Math.round(1 / h.pass_time))} per second` : '');
  // A model knows nothing of idle, and has nothing to attribute.
  if (!report.predicted) tile('mean power', si(h.mean_power, 'W'), 'while running, idle included');
  tile('inferences per joule', h.inferences_per_joule ? Number(h.inferences_per_joule).toPrecision(3) : '–', 'above idle');
  if (report.predicted) return;
  tile('idle power', si(h.idle_power?.value, 'W'), interval(h.idle_power, 'W'));
  tile('share unresolved', percent(h.unresolved_share), 'of the run time of all layers');
}

function factsTable(rows) {
  if (rows.length === 0) return element('p', 'Not recorded.', 'empty');
  const table = element('table', undefined, 'facts');
  for (const [name, value] of rows) {
    const tr = table.insertRow();
    const th = element('th', name);
    th.scope = 'row';
    tr.append(th);
    tr.insertCell().textContent = value;
  }
  return table;
}

function showFacts() {
  $('sensor').append(factsTable(report.sensor));
  if (report.advice.length > 0) {
    const list = element('ul', undefined, 'advice');
    for (const advice of report.advice) list.append(element('li', advice));
    $('sensor').append(list);
  }
  $('environment').append(factsTable(report.environment));
  for (const note of report.notes) $('notes').append(element('li', note));
  if (report.notes.length === 0) $('notes').append(element('li', 'None.'));
  $('cite').textContent = report.citation;
}

showHead();
showHeadline();
const select = showTable($('layers'), report, $('filter'), $('copy'), $('table-state'));
setUpTheme($('theme'), refreshCharts);
$('energy-hint').textContent = `${report.layers.length} layers in order of execution. ${report.layers.some((l) => l.energy?.low != null) ? `Whiskers are ${percent(report.confidence, 0)} intervals. ` : ''}Paler bars are merged or unresolved; a click finds the layer in the table.`;
showEnergy($('chart-energy'), report, select);
showTypes($('chart-types'), report);
showStages($('chart-stages'), report);
if (report.trace) {
  showPower($('chart-power'), report, document.querySelector('#section-power .tools'), $('power-range'), $('power-hint'));
} else if (report.predicted) {
  $('section-power').remove();
} else {
  $('section-power').replaceChildren($('h-power'), element('p', 'No power log is kept with this run.', 'empty'));
}
if (!showScatter($('chart-scatter'), report, select)) {
  $('chart-scatter').replaceWith(element('p', 'No layer has both a run time and an energy.', 'empty'));
}
if (!showRoofline($('chart-roofline'), report, select)) {
  $('section-roofline').replaceChildren($('h-roofline'), element('p', 'The layers’ operations and bytes are not known.', 'empty'));
}
showFacts();
document.documentElement.dataset.ready = 'true';

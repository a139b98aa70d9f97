// Run time against energy, and the roofline.
import { makeChart, valueAxis } from './chart.js';
import { layerTip } from './energy.js';
import { si } from './format.js';
import { colorOf, kindOf } from './theme.js';

function logAxis(t, name, unit, extra = {}) {
  return {
    ...valueAxis(t, name, (v) => si(v, unit)),
    type: 'log',
    axisLabel: { color: t.muted, formatter: (v) => si(v, unit), hideOverlap: true },
    ...extra,
  };
}

function layerScatter(element, label, report, points, axes, select, lines = []) {
  const entry = makeChart(element, label, (t) => ({
    grid: { left: 70, right: 20, top: 14, bottom: 52 },
    tooltip: { trigger: 'item', formatter: (p) => (p.value[2] === undefined ? '' : layerTip(report.layers[p.value[2]])) },
    xAxis: logAxis(t, axes.x.name, axes.x.unit, { nameGap: 30 }),
    yAxis: logAxis(t, axes.y.name, axes.y.unit, { nameGap: 56 }),
    series: [
      {
        type: 'scatter',
        symbolSize: 10,
        data: points.map((point) => ({
          value: point,
          itemStyle: {
            color: colorOf(kindOf(report.layers[point[2]].type), t.dark),
            opacity: report.layers[point[2]].status === 'resolved' ? 0.9 : 0.45,
          },
        })),
      },
      ...lines.map((data) => ({
        type: 'line',
        silent: true,
        showSymbol: false,
        data,
        lineStyle: { color: t.muted, type: 'dashed', width: 1.2 },
      })),
    ],
  }));
  entry.chart.on('click', (event) => event.value?.[2] !== undefined && select(event.value[2]));
}

export function showScatter(element, report, select) {
  const points = report.layers
    .map((layer, i) => [layer.run_time?.mean, layer.energy?.value, i])
    .filter(([time, energy]) => time > 0 && energy > 0);
  layerScatter(element, 'Scatter plot: run time of each layer against its energy.', report, points,
    { x: { name: 'mean run time', unit: 's' }, y: { name: 'energy', unit: 'J' } }, select);
  return points.length > 0;
}

/** Arithmetic intensity against the rate that was reached; the roofs are the highest values seen. */
export function showRoofline(element, report, select) {
  const points = report.layers
    .map((layer, i) => [layer.flops / layer.bytes, layer.flops / layer.run_time?.mean, i])
    .filter(([intensity, rate]) => intensity > 0 && Number.isFinite(intensity) && rate > 0 && Number.isFinite(rate));
  if (points.length === 0) return false;
  const peakRate = Math.max(...points.map(([, rate]) => rate));
  const peakBandwidth = Math.max(...points.map(([intensity, rate]) => rate / intensity));
  const ridge = peakRate / peakBandwidth;
  const low = Math.min(...points.map(([intensity]) => intensity)) / 2;
  const high = Math.max(...points.map(([intensity]) => intensity)) * 2;
  const slope = [[low, peakBandwidth * low], [Math.min(ridge, high), Math.min(peakRate, peakBandwidth * high)]];
  const roof = ridge < high ? [[ridge, peakRate], [high, peakRate]] : [];
  layerScatter(element,
    `Roofline: floating-point operations per byte against operations per second. Highest rate seen ${si(peakRate, 'FLOP/s')}, highest bandwidth seen ${si(peakBandwidth, 'B/s')}.`,
    report, points,
    { x: { name: 'operations per byte', unit: '' }, y: { name: 'operations per second', unit: 'FLOP/s' } },
    select, [slope, roof]);
  return true;
}

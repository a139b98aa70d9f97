// Energy summed by layer type and by stage.
import { escapeHtml, makeChart, valueAxis } from './chart.js';
import { isolate, percent, shorten, si } from './format.js';
import { colorOf, kindOf } from './theme.js';

function sumBy(layers, key) {
  const groups = new Map();
  for (const layer of layers) {
    const name = key(layer);
    const group = groups.get(name) ?? { name, energy: 0, time: 0, layers: 0, unknown: 0 };
    if (layer.energy) group.energy += layer.energy.value;
    else group.unknown += 1;
    group.time += layer.run_time?.mean ?? 0;
    group.layers += 1;
    groups.set(name, group);
  }
  // Of a group without any estimate nothing is known: no bar, not one of height 0.
  for (const group of groups.values()) if (group.unknown === group.layers) group.energy = null;
  return [...groups.values()];
}

function showGroups(element, label, groups, color) {
  const total = groups.reduce((sum, group) => sum + (group.energy ?? 0), 0);
  element.style.height = `${Math.max(120, 34 * groups.length + 62)}px`;
  makeChart(element, `Bar chart: ${label}. ${groups.slice(0, 6).map((g) => `${g.name} ${si(g.energy, 'J')}`).join(', ')}.`,
    (t) => ({
      grid: { left: 8, right: 92, top: 6, bottom: 38, containLabel: true },
      tooltip: {
        formatter: (p) => {
          const g = groups[p.dataIndex];
          return [`<b>${escapeHtml(isolate(g.name))}</b>`, `${g.layers} layers`, `energy ${si(g.energy, 'J')}`,
            `run time ${si(g.time, 's')}`, g.unknown ? `${g.unknown} layers without an estimate` : ''].filter(Boolean).join('<br>');
        },
      },
      yAxis: {
        type: 'category',
        inverse: true,
        data: groups.map((g) => g.name),
        axisLabel: { color: t.text, formatter: (name) => shorten(name, 22) },
        axisTick: { show: false },
        axisLine: { show: false },
      },
      xAxis: valueAxis(t, '', (v) => si(v, 'J')),
      series: [{
        type: 'bar',
        barMaxWidth: 22,
        data: groups.map((g) => ({ value: g.energy, itemStyle: { color: color(g, t) } })),
        label: {
          show: true,
          position: 'right',
          color: t.text,
          formatter: (p) => p.value == null ? 'not known' : `${si(p.value, 'J')}${total > 0 ? ` · ${percent(p.value / total, 0)}` : ''}`,
        },
      }],
    }));
}

export function showTypes(element, report) {
  const groups = sumBy(report.layers, (layer) => kindOf(layer.type)).sort((a, b) => b.energy - a.energy);
  showGroups(element, 'energy by layer type', groups, (g, t) => colorOf(g.name, t.dark));
}

export function showStages(element, report) {
  const groups = sumBy(report.layers, (layer) => layer.stage);
  showGroups(element, 'energy by stage of the network', groups, (g, t) => t.accent);
}

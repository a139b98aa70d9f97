// Energy of each layer in order of execution, with intervals.
import { escapeHtml, makeChart, valueAxis } from './chart.js';
import { interval, isolate, percent, shorten, si } from './format.js';
import { colorOf, kindOf } from './theme.js';

/** The tooltip of a layer, the same in every chart. */
export function layerTip(layer) {
  const lines = [
    `<b>${escapeHtml(isolate(shorten(layer.name, 120)))}</b>`,
    escapeHtml(`${layer.type}${layer.output ? ` → ${layer.output}` : ''}`),
    `run time ${si(layer.run_time?.mean, 's')} (mean)`,
    layer.power ? `power ${si(layer.power.value, 'W')} ${range(layer.power, 'W')}` : '',
    layer.energy ? `energy ${si(layer.energy.value, 'J')} ${range(layer.energy, 'J')}` : '',
    layer.share === null || layer.share === undefined ? '' : `share ${percent(layer.share)}`,
    layer.status === 'resolved' ? '' : escapeHtml(`${layer.status}: ${layer.reason}`),
  ];
  return lines.filter(Boolean).join('<br>');
}

function range(estimate, unit) {
  const text = interval(estimate, unit);
  return text && `(${text})`;
}

function whisker(params, api) {
  const [index, low, high] = [api.value(0), api.value(1), api.value(2)];
  const top = api.coord([index, high]);
  const bottom = api.coord([index, low]);
  const half = Math.min(5, api.size([1, 0])[0] * 0.25);
  const style = { stroke: api.visual('color'), lineWidth: 1.2 };
  const line = (x1, y1, x2, y2) => ({ type: 'line', shape: { x1, y1, x2, y2 }, style });
  return {
    type: 'group',
    children: [
      line(top[0], top[1], bottom[0], bottom[1]),
      line(top[0] - half, top[1], top[0] + half, top[1]),
      line(bottom[0] - half, bottom[1], bottom[0] + half, bottom[1]),
    ],
  };
}

export function showEnergy(element, report, select) {
  const layers = report.layers;
  const many = layers.length > 24;
  const entry = makeChart(
    element,
    `Bar chart: energy of each of the ${layers.length} layers in order of execution, with intervals. The table of layers holds the same figures.`,
    (t) => ({
      grid: { left: 64, right: 16, top: 14, bottom: many ? 74 : 110 },
      tooltip: { trigger: 'item', formatter: (p) => layerTip(layers[p.dataIndex]) },
      xAxis: {
        type: 'category',
        data: layers.map((layer) => layer.name),
        axisLabel: many
          ? { show: false }
          : { color: t.muted, rotate: 38, fontSize: 11, formatter: (name) => shorten(name, 18) },
        axisTick: { show: false },
        axisLine: { lineStyle: { color: t.line } },
        name: many ? 'layers in order of execution' : undefined,
        nameLocation: 'middle',
        nameGap: 12,
        nameTextStyle: { color: t.muted },
      },
      yAxis: valueAxis(t, 'energy of one execution', (v) => si(v, 'J'), { nameGap: 50 }),
      dataZoom: many
        ? [
            { type: 'inside', zoomOnMouseWheel: 'shift' },
            { type: 'slider', height: 20, bottom: 8, borderColor: t.line, textStyle: { color: t.muted },
              labelFormatter: () => '' },
          ]
        : [],
      series: [
        {
          type: 'bar',
          data: layers.map((layer) => ({
            // Unknown is no bar, never one of height 0.
            value: layer.energy ? layer.energy.value : null,
            itemStyle: {
              color: colorOf(kindOf(layer.type), t.dark),
              opacity: layer.status === 'resolved' ? 1 : 0.5,
            },
          })),
          barMaxWidth: 46,
          large: false,
        },
        {
          type: 'custom',
          silent: true,
          color: t.text,
          renderItem: whisker,
          encode: { x: 0, y: [1, 2] },
          data: layers
            .map((layer, i) => [i, layer.energy?.low, layer.energy?.high])
            .filter(([, low]) => low !== null && low !== undefined),
          z: 5,
        },
      ],
    }),
  );
  entry.chart.on('click', (event) => event.dataIndex !== undefined && select(event.dataIndex));
}

// Power over time, from minutes down to one pass, with the layers under it. What is drawn at a time is
// bounded: a level of the min/max pyramid, or the samples themselves, whichever fits the window.
import { escapeHtml, graphic, makeChart, valueAxis } from './chart.js';
import { decodeFloat32, decodeFloat64, decodeUint16, isolate, shorten, si } from './format.js';
import { colorOf, kindOf } from './theme.js';

const MAX_POINTS = 2400;
const MAX_BOXES = 4000;

function decodeTrace(trace) {
  return {
    levels: trace.levels.map((level) => ({
      start: level.start,
      step: level.step,
      min: decodeFloat32(level.min),
      mean: decodeFloat32(level.mean),
      max: decodeFloat32(level.max),
    })),
    windows: trace.windows.map((w) => ({ time: decodeFloat64(w.time), power: decodeFloat32(w.power) })),
  };
}

function decodeTimeline(timeline) {
  return {
    passStart: decodeFloat64(timeline.pass_start),
    passEnd: decodeFloat64(timeline.pass_end),
    layer: decodeUint16(timeline.layer),
    start: decodeFloat64(timeline.start),
    end: decodeFloat64(timeline.end),
  };
}

/** First index whose value is not below `wanted`. */
function lowerBound(values, wanted) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pick(trace, from, to) {
  for (const w of trace.windows) {
    const n = w.time.length;
    if (n === 0 || w.time[0] > from || w.time[n - 1] < to) continue;
    const begin = Math.max(0, lowerBound(w.time, from) - 1);
    const end = Math.min(n, lowerBound(w.time, to) + 1);
    if (end - begin > MAX_POINTS) break;
    const points = [];
    for (let i = begin; i < end; ++i) points.push([w.time[i], w.power[i]]);
    return { points, band: null, step: 0 };
  }
  const level =
    trace.levels.find((l) => (to - from) / l.step <= MAX_POINTS) ?? trace.levels[trace.levels.length - 1];
  const begin = Math.max(0, Math.floor((from - level.start) / level.step) - 1);
  const end = Math.min(level.mean.length, Math.ceil((to - level.start) / level.step) + 1);
  const points = [];
  const band = [];
  for (let i = begin; i < end; ++i) {
    if (Number.isNaN(level.mean[i])) continue;
    const t = level.start + (i + 0.5) * level.step;
    points.push([t, level.mean[i]]);
    band.push([t, level.min[i], level.max[i]]);
  }
  return { points, band, step: level.step };
}

export function showPower(element, report, tools, output, hint) {
  const trace = decodeTrace(report.trace);
  const timeline = decodeTimeline(report.timeline);
  const whole = [report.trace.start, report.trace.end];
  let range = [...whole];
  let pass = Math.floor(timeline.passStart.length / 2);

  const boxesIn = (from, to) => {
    const boxes = [];
    const begin = Math.max(0, lowerBound(timeline.start, from) - 1);
    for (let i = begin; i < timeline.start.length && timeline.start[i] <= to; ++i) {
      if (timeline.end[i] < from) continue;
      boxes.push([timeline.start[i], timeline.end[i], timeline.layer[i]]);
      if (boxes.length > MAX_BOXES) return null;
    }
    return boxes;
  };

  const drawBox = (t) => (params, api) => {
    const start = api.coord([api.value(0), 0]);
    const end = api.coord([api.value(1), 0]);
    const box = graphic.clipRectByRect(
      { x: start[0], y: params.coordSys.y + 4, width: Math.max(1, end[0] - start[0]), height: params.coordSys.height - 8 },
      params.coordSys,
    );
    if (!box) return undefined;
    const layer = report.layers[api.value(2)];
    const wide = box.width > 46;
    return {
      type: 'rect',
      shape: box,
      style: { fill: colorOf(kindOf(layer.type), t.dark), stroke: t.ground, lineWidth: box.width > 3 ? 1 : 0 },
      textContent: wide
        ? { style: { text: shorten(layer.name, Math.floor(box.width / 7)), fill: t.dark ? '#10151b' : '#fff', fontSize: 11 } }
        : undefined,
      textConfig: { position: 'inside' },
    };
  };

  const options = (t) => {
    const drawn = pick(trace, range[0], range[1]);
    const boxes = boxesIn(range[0], range[1]);
    const axis = {
      type: 'value',
      min: range[0],
      max: range[1],
      axisLine: { lineStyle: { color: t.line } },
      splitLine: { show: false },
    };
    const seconds = (v) => si(v - (range[1] - range[0] < 1 ? range[0] : 0), 's');
    return {
      grid: [
        // ECharts moves a grid inwards to make room for its labels, each grid by its own: the lane of
        // layers would stand beside the samples that it belongs to.
        { left: 64, right: 18, top: 12, height: 258, outerBoundsMode: 'none' },
        { left: 64, right: 18, top: 292, height: 40, outerBoundsMode: 'none' },
      ],
      tooltip: {
        trigger: 'item',
        formatter: (p) => {
          if (p.seriesId !== 'layers') return '';
          const [start, end, index] = p.value;
          const layer = report.layers[index];
          return `<b>${escapeHtml(isolate(shorten(layer.name, 120)))}</b><br>${escapeHtml(layer.type)}<br>ran ${si(end - start, 's')}`;
        },
      },
      xAxis: [
        { ...axis, gridIndex: 0, axisLabel: { show: false } },
        {
          ...axis,
          gridIndex: 1,
          axisLabel: { color: t.muted, formatter: seconds, hideOverlap: true },
          name: range[1] - range[0] < 1 ? `time since ${range[0].toFixed(6)} s` : 'time since the recording began',
          nameLocation: 'middle',
          nameGap: 26,
          nameTextStyle: { color: t.muted },
        },
      ],
      yAxis: [
        valueAxis(t, 'power', (v) => si(v, 'W'), { gridIndex: 0, scale: true, nameGap: 50 }),
        { type: 'value', gridIndex: 1, show: false, min: 0, max: 1 },
      ],
      dataZoom: [
        { type: 'inside', xAxisIndex: [0, 1], filterMode: 'none', zoomOnMouseWheel: 'shift', moveOnMouseWheel: false },
      ],
      series: [
        drawn.band && {
          type: 'custom',
          silent: true,
          color: t.accent,
          encode: { x: 0, y: [1, 2] },
          data: drawn.band,
          clip: true,
          renderItem: (params, api) => {
            const top = api.coord([api.value(0), api.value(2)]);
            const bottom = api.coord([api.value(0), api.value(1)]);
            const width = Math.max(1, api.size([drawn.step, 0])[0]);
            return {
              type: 'rect',
              shape: { x: top[0] - width / 2, y: top[1], width, height: Math.max(0.5, bottom[1] - top[1]) },
              style: { fill: api.visual('color'), opacity: 0.22 },
            };
          },
        },
        {
          type: 'line',
          data: drawn.points,
          showSymbol: !drawn.band && drawn.points.length < 200,
          symbolSize: 4,
          lineStyle: { color: t.accent, width: 1.4 },
          itemStyle: { color: t.accent },
          silent: true,
          markLine: report.headline.idle_power
            ? {
                silent: true,
                symbol: 'none',
                lineStyle: { color: t.muted, type: 'dashed' },
                label: { formatter: 'idle', position: 'insideEndTop', color: t.muted },
                data: [{ yAxis: report.headline.idle_power.value }],
              }
            : undefined,
        },
        {
          id: 'layers',
          type: 'custom',
          xAxisIndex: 1,
          yAxisIndex: 1,
          clip: true,
          encode: { x: [0, 1] },
          renderItem: drawBox(t),
          data: boxes ?? [],
        },
      ].filter(Boolean),
    };
  };

  const entry = makeChart(element, 'Line chart: power over time, with the layers that ran under it. Use the buttons above it to zoom.', options);

  const describe = () => {
    const boxes = boxesIn(range[0], range[1]);
    const shown = boxes === null ? 'zoom in to see layers' : boxes.length === 0 ? 'no layer is kept here' : `${boxes.length} executions of layers`;
    output.textContent = `${si(range[1] - range[0], 's')} shown, ${shown}`;
  };
  const show = (from, to) => {
    const length = Math.min(Math.max(to - from, 2e-6), whole[1] - whole[0]);
    const start = Math.min(Math.max(from, whole[0]), whole[1] - length);
    range = [start, start + length];
    entry.refresh();
    describe();
  };
  const showPass = (index) => {
    if (timeline.passStart.length === 0) return;
    pass = Math.min(Math.max(index, 0), timeline.passStart.length - 1);
    const margin = 0.06 * (timeline.passEnd[pass] - timeline.passStart[pass]);
    show(timeline.passStart[pass] - margin, timeline.passEnd[pass] + margin);
  };
  const actions = {
    all: () => show(...whole),
    pass: () => showPass(pass),
    previous: () => showPass(pass - 1),
    next: () => showPass(pass + 1),
    in: () => show(range[0] + (range[1] - range[0]) / 4, range[1] - (range[1] - range[0]) / 4),
    out: () => show(range[0] - (range[1] - range[0]) / 2, range[1] + (range[1] - range[0]) / 2),
  };
  for (const button of tools.querySelectorAll('button')) {
    button.addEventListener('click', actions[button.dataset.zoom]);
    button.disabled = button.dataset.zoom.match(/pass|previous|next/) !== null && timeline.passStart.length === 0;
  }
  // The chart's own wheel and pinch zoom gives percentages of the axis that it has now.
  let pending = 0;
  entry.chart.on('datazoom', (event) => {
    const zoom = event.batch ? event.batch[0] : event;
    if (zoom.start === 0 && zoom.end === 100) return;
    const length = range[1] - range[0];
    const target = [range[0] + (length * zoom.start) / 100, range[0] + (length * zoom.end) / 100];
    clearTimeout(pending);
    pending = setTimeout(() => show(...target), 60);
  });
  hint.textContent = [
    'Shift and the wheel zoom, dragging moves.',
    trace.levels.length > 0 ? 'From afar the band spans the lowest and the highest sample, the line is their mean.' : '',
    report.timeline.thinned ?? '',
  ].filter(Boolean).join(' ');
  describe();
}

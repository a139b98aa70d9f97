// One place where charts are made: renderer, colours, resizing, descriptions for screen readers.
import * as echarts from 'echarts/core';
import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
} from 'echarts/components';
import { CanvasRenderer } from 'echarts/renderers';
import { tokens } from './theme.js';

echarts.use([
  AriaComponent, BarChart, CanvasRenderer, CustomChart, DataZoomComponent, GridComponent, LineChart,
  MarkLineComponent, ScatterChart, TooltipComponent,
]);

// Canvas text cannot inherit the page's font.
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

const charts = [];

/**
 * Makes a chart in `element` whose options `options(tokens)` gives; asked again when the theme changes.
 * `label` tells what it shows; the table of layers holds the same figures as text.
 */
export function makeChart(element, label, options) {
  element.setAttribute('role', 'img');
  element.setAttribute('aria-label', label);
  const chart = echarts.init(element, null, { renderer: 'canvas' });
  const entry = { chart, refresh: () => chart.setOption(withDefaults(options(tokens())), { notMerge: true }) };
  charts.push(entry);
  entry.refresh();
  new ResizeObserver(() => chart.resize()).observe(element);
  return entry;
}

export function refreshCharts() {
  for (const entry of charts) entry.refresh();
}

function withDefaults(option) {
  const t = tokens();
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: { color: t.text, fontFamily: FONT },
    ...option,
    tooltip: {
      confine: true,
      backgroundColor: t.raised,
      borderColor: t.line,
      textStyle: { color: t.text, fontSize: 13 },
      extraCssText: 'max-width: 420px; white-space: normal; overflow-wrap: anywhere;',
      ...option.tooltip,
    },
  };
}

export function valueAxis(t, name, formatter, extra = {}) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: { color: t.muted },
    axisLabel: { color: t.muted, formatter, hideOverlap: true },
    axisLine: { show: false },
    splitLine: { lineStyle: { color: t.line, opacity: 0.7 } },
    ...extra,
  };
}

/** Tooltips are HTML: everything that comes from a file goes through here. */
export function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export const graphic = echarts.graphic;

/**
 * The chart: calls and refusals over latency, on one axis of time. The only module that knows uPlot.
 *
 * @module
 */

import uPlot from "uplot";
import type { WindowLines } from "../src/web/stepped_calls.ts";
import { took } from "./models/format.ts";

/** What is drawn. */
export type ChartData = WindowLines & { readonly p99_ms?: readonly (number | null)[] };

/** What a reader does with it. */
export interface ChartUse {
  /** Called with the span that was dragged over, in seconds since the epoch. */
  readonly onZoom: (from: number, to: number) => void;
  /** Called with the point under the pointer; null when it has left. */
  readonly onPoint: (index: number | null) => void;
}

/** A chart that is drawn. */
export interface Chart {
  update(data: ChartData): void;
  destroy(): void;
}

const RATE_HEIGHT = 150, LATENCY_HEIGHT = 104, AXIS_WIDTH = 52, MIN_DRAG = 4;
/** Room at the end, so that the last label of the times is whole. */
const LAST_LABEL = 18;
/** Of the element, on both sides together. */
const PADDING = 16;

/** Draws into an element. */
export function drawChart(element: HTMLElement, data: ChartData, use: ChartUse): Chart {
  const colour = coloursOf(element);
  const width = () => Math.max(200, element.clientWidth - PADDING);
  const shared = {
    width: width(),
    legend: { show: false },
    cursor: {
      sync: { key: "overview" },
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      y: false,
    },
    hooks: {
      setCursor: [(u: uPlot) => use.onPoint(u.cursor.idx ?? null)],
      setSelect: [(u: uPlot) => {
        const { left, width } = u.select;
        if (width < MIN_DRAG) return;
        u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        use.onZoom(Math.round(u.posToVal(left, "x")), Math.round(u.posToVal(left + width, "x")));
      }],
    },
  };
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--dim"), font: `11px ${getComputedStyle(element).fontFamily}` };
  const bars = uPlot.paths.bars!({ size: [0.86, 60], align: 1 });
  const column = (label: string, name: string, alpha: number) => ({
    ...{ label, paths: bars, points: { show: false }, width: 0 },
    fill: colour(name, alpha),
  });
  const rate = new uPlot(
    {
      ...shared,
      height: RATE_HEIGHT,
      padding: [8, LAST_LABEL, 8, 0],
      scales: { y: { range: (_u, _min, max) => [0, Math.max(4, max * 1.08)] } },
      axes: [
        { show: false },
        { ...axis, grid, size: AXIS_WIDTH, ticks: { show: false }, space: 34, incrs: WHOLE },
      ],
      series: [
        {},
        column("calls", "--accent", 0.38),
        column("errors", "--error", 0.95),
        column("denied", "--denied", 1),
      ],
    },
    rateOf(data),
    element,
  );
  const line = (label: string, name: string) => ({
    ...{ label, stroke: colour(name), width: 1.4, spanGaps: false },
    points: { show: true, size: 3, fill: colour(name), filter: lonely },
  });
  const latency = new uPlot(
    {
      ...shared,
      height: LATENCY_HEIGHT,
      padding: [6, LAST_LABEL, 0, 0],
      scales: { y: { distr: 3, range: logRange } },
      axes: [
        { ...axis, grid: { show: false }, ticks: { ...grid, size: 4 }, size: 30, values: times },
        {
          ...{ ...axis, grid, size: AXIS_WIDTH, ticks: { show: false } },
          splits: decades,
          filter: (_u, splits) => splits,
          values: (_u, splits) => splits.map((ms) => took(ms * 1000).replace(/\.0(?= )/, "")),
        },
      ],
      series: [
        {},
        line("p95", "--limited"),
        line("p50", "--ok"),
        ...data.p99_ms === undefined ? [] : [{ ...line("p99", "--dim"), dash: [3, 3] }],
      ],
      bands: [{ series: [1, 2], fill: colour("--limited", 0.1) }],
    },
    latencyOf(data),
    element,
  );
  const size = new ResizeObserver(() => {
    rate.setSize({ width: width(), height: RATE_HEIGHT });
    latency.setSize({ width: width(), height: LATENCY_HEIGHT });
  });
  size.observe(element);
  return {
    update(data) {
      rate.setData(rateOf(data));
      latency.setData(latencyOf(data));
    },
    destroy() {
      size.disconnect();
      rate.destroy();
      latency.destroy();
    },
  };
}

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((step) => [step, step * 1000])
  .sort((a, b) => a - b);

/** Refusals and errors stand on one another, so that neither hides the other. */
function rateOf({ at, calls, denied, errors }: ChartData): uPlot.AlignedData {
  return [[...at], [...calls], errors.map((count, i) => count + denied[i]!), [...denied]];
}

function latencyOf({ at, p50_ms, p95_ms, p99_ms }: ChartData): uPlot.AlignedData {
  const lines: uPlot.AlignedData = [[...at], [...p95_ms], [...p50_ms]];
  return p99_ms === undefined ? lines : [...lines, [...p99_ms]];
}

/** Points without a neighbour: a line would not show them. */
function lonely(u: uPlot, series: number): number[] {
  const values = u.data[series]!, found: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (values[at] != null && values[at - 1] == null && values[at + 1] == null) found.push(at);
  }
  return found;
}

function logRange(_u: uPlot, min: number | null, max: number | null): [number, number] {
  const low = 10 ** Math.floor(Math.log10(Math.max(0.001, min ?? 1)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(0.001, max ?? 100)));
  return [low, high <= low ? low * 10 : high];
}

function decades(_u: uPlot, _axis: number, min: number, max: number): number[] {
  const found: number[] = [];
  for (let at = min; at <= max * 1.001; at *= 10) found.push(at);
  return found;
}

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function times(_u: uPlot, splits: number[]): string[] {
  return splits.map((seconds) => {
    const at = new Date(seconds * 1000);
    return at.getHours() + at.getMinutes() === 0 ? DAY.format(at) : CLOCK.format(at);
  });
}

/** Reads colours of the page's tokens as the canvas takes them. */
function coloursOf(element: HTMLElement): (name: string, alpha?: number) => string {
  return (name, alpha = 1) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
    probe.remove();
    return `rgb(${r} ${g} ${b} / ${alpha})`;
  };
}

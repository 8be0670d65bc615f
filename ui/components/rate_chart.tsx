/**
 * Calls and refusals over latency; dragging over it makes that the span of the page.
 *
 * @module
 */

import "../shared.ts";
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { type Chart, drawChart } from "../chart.ts";
import { count, dayAndClock, tookMs } from "../models/format.ts";
import { spanWords } from "../models/span.ts";
import { chartWords, stepWords, type WindowAnswer } from "../models/window.ts";
import { Panel } from "./panel.tsx";

/** The chart of a window. */
export function RateChart({ window }: { readonly window: WindowAnswer }) {
  const { route, theme, now } = useApp();
  const place = useRef<HTMLDivElement>(null), chart = useRef<Chart | null>(null);
  const latest = useRef(window);
  const [point, setPoint] = useState<number | null>(null);
  latest.current = window;
  const chosen = theme.theme.value, isDark = useSystemDark();
  useEffect(() => {
    const drawn = drawChart(place.current!, latest.current.lines, {
      onZoom: (from, to) => route.set(spanWords({ from, to }), true),
      onPoint: setPoint,
    });
    chart.current = drawn;
    return () => drawn.destroy();
  }, [chosen, isDark]);
  useEffect(() => chart.current?.update(window.lines), [window]);
  return (
    <Panel
      title={`Calls per ${stepWords(window.step_s)}`}
      note={<PointWords window={window} point={point} nowMs={now.value} />}
      tools={
        <span class="legend dim wide">
          <i data-tone="accent" /> calls <i data-tone="denied" /> refused <i data-tone="error" />
          {" "}
          failed <i data-tone="limited" /> p95 <i data-tone="ok" /> p50
        </span>
      }
    >
      <div class="chart" ref={place} role="img" aria-label={chartWords(window)} />
    </Panel>
  );
}

/** What is under the pointer. */
function PointWords(
  { window, point, nowMs }: {
    readonly window: WindowAnswer;
    readonly point: number | null;
    readonly nowMs: number;
  },
) {
  const { at, calls, denied, errors, p50_ms, p95_ms } = window.lines;
  if (point === null || at[point] === undefined) return <span class="wide">drag to zoom</span>;
  const time = dayAndClock(new Date(at[point] * 1000).toISOString(), nowMs).slice(0, -3);
  return (
    <span class="point">
      {time} · {count(calls[point]!)} calls, {count(denied[point]!)} refused,{" "}
      {count(errors[point]!)} failed · p50 {tookMs(p50_ms[point]!)}, p95 {tookMs(p95_ms[point]!)}
    </span>
  );
}

/** Whether the system is dark now. */
function useSystemDark(): boolean {
  const query = "(prefers-color-scheme: dark)";
  const [isDark, setDark] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query), follow = () => setDark(media.matches);
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, []);
  return isDark;
}

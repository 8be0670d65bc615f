/**
 * Calls and refusals over latency; dragging over it makes that the span of the page.
 *
 * @module
 */

import "../shared.ts";
import { useState } from "preact/hooks";
import { useApp } from "../app_model.ts";
import { count, dayAndClock, tookMs } from "../models/format.ts";
import { spanWords } from "../models/span.ts";
import { chartWords, stepWords } from "../models/chart_words.ts";
import type { WindowAnswer } from "../models/window.ts";
import { ChartPlace } from "./chart_place.tsx";
import { Panel } from "./panel.tsx";

/** The chart of a window. */
export function RateChart({ window }: { readonly window: WindowAnswer }) {
  const { route, now } = useApp(), [point, setPoint] = useState<number | null>(null);
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
      <ChartPlace
        lines={window.lines}
        label={chartWords(window)}
        use={{
          onPoint: setPoint,
          onZoom: (from, to) => route.set(spanWords({ from, to }), true),
        }}
      />
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

/**
 * One tool, server or agent over time.
 *
 * @module
 */

import "../shared.ts";
import { useState } from "preact/hooks";
import type { NameHistory } from "../../src/web/name_history.ts";
import { useApp, useResource } from "../app_model.ts";
import { quoted } from "../models/filter.ts";
import { count, dayAndClock, tookMs } from "../models/format.ts";
import { type Span, spanQuery, spanWords } from "../models/span.ts";
import { stepWords } from "../models/chart_words.ts";
import { ChartPlace } from "./chart_place.tsx";
import { Panel } from "./panel.tsx";
import { ResourceState } from "./state.tsx";

/** The panel. */
export function NameChart(
  { by, name, span }: { readonly by: string; readonly name: string; readonly span: Span },
) {
  const { route, now } = useApp(), [point, setPoint] = useState<number | null>(null);
  const words = new URLSearchParams({ by, name });
  const resource = useResource<NameHistory>(`/api/history?${words}&${spanQuery(span)}`, 5000);
  const lines = resource.data.value;
  return (
    <Panel
      title={name}
      note={lines === null
        ? ""
        : point === null
        ? `by the ${stepWords(lines.step_s)}`
        : <PointWords lines={lines} at={point} nowMs={now.value} />}
      tools={
        <span class="row">
          <span class="legend dim wide">
            <i data-tone="accent" /> calls <i data-tone="denied" /> refused <i data-tone="error" />
            {" "}
            failed <i data-tone="limited" /> p95 <i data-tone="ok" /> p50, dashed p99
          </span>
          <a href={`/activity?${new URLSearchParams({ q: `${by}:${quoted(name)}` })}`}>Its calls</a>
          <button
            type="button"
            class="plain"
            aria-label="Close"
            onClick={() => route.set({ name: null })}
          >
            ✕
          </button>
        </span>
      }
    >
      <ResourceState of={resource} />
      {lines !== null && (
        <ChartPlace
          key={`${by} ${name} ${spanQuery(span)}`}
          lines={lines}
          label={labelOf(name, lines)}
          use={{
            onPoint: setPoint,
            onZoom: (from, to) =>
              route.go(
                `/?${new URLSearchParams(spanWords({ from, to }) as Record<string, string>)}`,
              ),
          }}
        />
      )}
    </Panel>
  );
}

function PointWords(
  { lines, at, nowMs }: {
    readonly lines: NameHistory;
    readonly at: number;
    readonly nowMs: number;
  },
) {
  const begin = lines.at[at];
  if (begin === undefined) return null;
  const time = dayAndClock(new Date(begin * 1000).toISOString(), nowMs).slice(0, -3);
  return (
    <span class="point">
      {time} · {count(lines.calls[at]!)} calls, {count(lines.denied[at]!)} refused,{" "}
      {count(lines.errors[at]!)} failed · p50 {tookMs(lines.p50_ms[at]!)}, p95{" "}
      {tookMs(lines.p95_ms[at]!)}, p99 {tookMs(lines.p99_ms[at]!)}
    </span>
  );
}

function labelOf(name: string, { calls, denied, errors }: NameHistory): string {
  const sum = (values: readonly number[]) => count(values.reduce((sum, value) => sum + value, 0));
  return `${name}: ${sum(calls)} calls, ${sum(denied)} refused, ${sum(errors)} failed.`;
}

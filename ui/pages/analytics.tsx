/**
 * Analytics: what is slow, wrong or expensive?
 *
 * @module
 */

import "../shared.ts";
import { useActions, useApp, useResource } from "../app_model.ts";
import { ContextCost } from "../components/context_cost.tsx";
import { type Column, DataTable } from "../components/data_table.tsx";
import { lazy } from "../components/lazy.tsx";
import { Panel } from "../components/panel.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { ResourceState } from "../components/state.tsx";
import { ago, count, share, tookMs } from "../models/format.ts";
import { tokens } from "../models/size_words.ts";
import { spanQuery } from "../models/span.ts";
import { stepText } from "../models/span_words.ts";
import { withStyle } from "../style.ts";
import { type GroupStats, nameOf } from "../models/rows.ts";

const NameChart = lazy(async () =>
  (await withStyle("chart", () => import("../components/name_chart.tsx"))).NameChart
);

const GROUPINGS = ["tool", "server", "agent", "host", "gateway"] as const;
/** Those that are offered on one machine. */
const OWN_GROUPINGS = 3;

/** The page. */
export default function Analytics() {
  const app = useApp(), { route } = app;
  const span = useSpan("7d");
  const by = GROUPINGS.find((known) => known === route.get("by")) ?? "tool";
  const path = `/api/tools?${spanQuery(span)}&by=${by}`,
    resource = useResource<GroupStats[]>(path, 5000);
  const groupings = app.fleet.value === null ? GROUPINGS.slice(0, OWN_GROUPINGS) : GROUPINGS;
  const rows = resource.data.value, name = route.get("name");
  const save = async () => {
    try {
      app.save(await app.client.blob(`${path}&format=csv`), `${by}s.csv`);
      app.tell(`Saved as ${by}s.csv`);
    } catch (fault) {
      app.tell((fault as Error).message);
    }
  };
  useActions(() => [
    { id: "analytics-csv", label: "Save this table as CSV", run: () => void save() },
    ...groupings.map((by) => ({
      id: `by-${by}`,
      label: `Show statistics by ${by}`,
      run: () => route.set({ by, name: null }, true),
    })),
  ], [path, groupings.length]);
  return (
    <>
      <div class="head">
        <h1>Analytics</h1>
        <SpanPicker byDefault="7d" />
      </div>
      {name !== null && <NameChart by={by} name={name} span={span} />}
      <Panel
        title={`By ${by}`}
        note={"from" in span ? `by whole ${stepText(span)}` : ""}
        tools={
          <span class="row">
            {groupings.map((of) => (
              <button
                type="button"
                key={of}
                aria-pressed={of === by}
                onClick={() => route.set({ by: of, name: null }, true)}
              >
                {of}
              </button>
            ))}
            <button type="button" onClick={() => void save()}>Save CSV</button>
          </span>
        }
      >
        <ResourceState of={resource} />
        {rows?.length === 0 && <p class="pad dim">No call in this span.</p>}
        {rows !== null && rows.length > 0 && (
          <DataTable
            label={`Statistics by ${by}`}
            columns={columnsOf(by, app.now.value, (name) => route.set({ name }, true))}
            rows={rows}
            keyOf={nameOf}
            chosen={name}
          />
        )}
      </Panel>
      <ContextCost span={span} />
    </>
  );
}

function columnsOf(
  by: string,
  nowMs: number,
  onName: (name: string) => void,
): readonly Column<GroupStats>[] {
  const latency = (title: "p50" | "p95" | "p99", isSpare = false): Column<GroupStats> => {
    const value = (of: GroupStats) => of[`${title}_ms`] ?? null;
    return {
      ...{ name: title, title, isNumber: true, isSpare, value },
      cell: (of) => tookMs(value(of)),
    };
  };
  return [
    {
      ...{ name: "name", title: by[0]!.toUpperCase() + by.slice(1), value: nameOf },
      cell: (of) => (
        <button type="button" class="plain name" onClick={() => onName(nameOf(of))}>
          <code>{nameOf(of)}</code>
        </button>
      ),
    },
    {
      ...{ name: "calls", title: "Calls", isNumber: true },
      cell: (of) => count(of.total_calls),
      value: (of) => of.total_calls,
    },
    {
      ...{ name: "refused", title: "Refused", isNumber: true, isSpare: true },
      cell: (of) => of.denial_count === 0 ? <span class="dim">0</span> : count(of.denial_count),
      value: (of) => of.denial_count,
    },
    {
      ...{ name: "errors", title: "Errors", isNumber: true },
      cell: (of) => <ErrorRate of={of} />,
      value: (of) => of.error_count / of.total_calls,
    },
    ...by !== "tool" && by !== "server"
      ? []
      : [latency("p50", true), latency("p95"), latency("p99", true)],
    {
      ...{ name: "tokens", title: "Results", isNumber: true, isSpare: true },
      cell: (of) => tokens(of.result_bytes),
      value: (of) => of.result_bytes,
    },
    {
      ...{ name: "last", title: "Last", isSpare: true },
      cell: (of) => ago(of.last_seen, nowMs),
      value: (of) => of.last_seen,
    },
  ];
}

/** Shown in colour where many calls fail. */
function ErrorRate({ of }: { readonly of: GroupStats }) {
  const { error_count: errors, total_calls: calls } = of;
  if (errors === 0) return <span class="dim">0 %</span>;
  return <span class={errors / calls >= 0.1 ? "warning" : undefined}>{share(errors, calls)}</span>;
}

/**
 * Analytics: what is slow, wrong or expensive?
 *
 * @module
 */

import "../shared.ts";
import { useActions, useApp, useResource } from "../app_model.ts";
import { ContextCost } from "../components/context_cost.tsx";
import { DataTable } from "../components/data_table.tsx";
import { columnsOf } from "../components/group_columns.tsx";
import { lazy } from "../components/lazy.tsx";
import { Panel } from "../components/panel.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { ResourceState } from "../components/state.tsx";
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

/**
 * Violations: is the policy right?
 *
 * @module
 */

import "../shared.ts";
import { useApp, useResource } from "../app_model.ts";
import { type Column, DataTable } from "../components/data_table.tsx";
import { Panel } from "../components/panel.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { Spark } from "../components/spark.tsx";
import { ResourceState } from "../components/state.tsx";
import { ago, count } from "../models/format.ts";
import type { RuleStats } from "../models/rows.ts";

/** The page. */
export default function Violations() {
  const { now } = useApp();
  const span = useSpan("7d");
  const resource = useResource<RuleStats[]>(
    `/api/violations?span=${"last" in span ? span.last : "7d"}`,
    2000,
  );
  const columns: Column<RuleStats>[] = [
    {
      name: "rule",
      title: "Rule",
      cell: ({ rule }) => <code>{rule}</code>,
      value: ({ rule }) => rule,
    },
    {
      name: "count",
      title: "Refused",
      cell: ({ count: refused }) => count(refused),
      value: ({ count }) => count,
      isNumber: true,
    },
    {
      name: "trend",
      title: "Trend",
      cell: ({ trend }) => <Spark values={trend.map(({ count }) => count)} tone="denied" />,
      isSpare: true,
    },
    {
      name: "last",
      title: "Last",
      cell: ({ last_seen }) => ago(last_seen, now.value),
      value: ({ last_seen }) => last_seen,
    },
  ];
  const rules = resource.data.value;
  return (
    <>
      <div class="head">
        <h1>Violations</h1>
        <SpanPicker byDefault="7d" />
      </div>
      <Panel title="By rule">
        <ResourceState of={resource} />
        {rules?.length === 0 && <p class="pad dim">Nothing was refused in this span.</p>}
        {rules !== null && rules.length > 0 && (
          <DataTable
            label="Rules"
            columns={columns}
            rows={rules}
            keyOf={({ rule }) => rule}
          />
        )}
      </Panel>
    </>
  );
}

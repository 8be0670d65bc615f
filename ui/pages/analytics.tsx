/**
 * Analytics: what is slow, wrong or expensive?
 *
 * @module
 */

import "../shared.ts";
import { useApp, useResource } from "../app_model.ts";
import { type Column, DataTable } from "../components/data_table.tsx";
import { Panel } from "../components/panel.tsx";
import { SpanPicker, useSpan } from "../components/span_picker.tsx";
import { ResourceState } from "../components/state.tsx";
import { ago, count, share, tookMs } from "../models/format.ts";
import type { ToolStats } from "../models/rows.ts";

/** The page. */
export default function Analytics() {
  const { now } = useApp();
  const span = useSpan("7d");
  const resource = useResource<ToolStats[]>(
    `/api/tools?span=${"last" in span ? span.last : "7d"}`,
    5000,
  );
  const columns: Column<ToolStats>[] = [
    {
      name: "tool",
      title: "Tool",
      cell: (of) => <code>{of.tool_name}</code>,
      value: (of) => of.tool_name,
    },
    {
      ...{ name: "calls", title: "Calls", isNumber: true },
      cell: (of) => count(of.total_calls),
      value: (of) => of.total_calls,
    },
    {
      ...{ name: "errors", title: "Errors", isNumber: true },
      cell: (of) => share(of.error_count, of.total_calls),
      value: (of) => of.error_count / of.total_calls,
    },
    {
      ...{ name: "p95", title: "p95", isNumber: true },
      cell: (of) => tookMs(of.p95_ms),
      value: (of) => of.p95_ms,
    },
    {
      ...{ name: "last", title: "Last", isSpare: true },
      cell: (of) => ago(of.last_seen, now.value),
      value: (of) => of.last_seen,
    },
  ];
  const tools = resource.data.value;
  return (
    <>
      <div class="head">
        <h1>Analytics</h1>
        <SpanPicker byDefault="7d" />
      </div>
      <Panel title="By tool">
        <ResourceState of={resource} />
        {tools !== null && (
          <DataTable
            label="Tools"
            columns={columns}
            rows={tools}
            keyOf={(of) => of.tool_name}
          />
        )}
      </Panel>
    </>
  );
}

/**
 * Conversations: who worked with what, for how long, and when.
 *
 * @module
 */

import "../shared.ts";
import { useApp, useResource } from "../app_model.ts";
import { count, dayAndClock, lasted } from "../models/format.ts";
import { tokens } from "../models/size_words.ts";
import { spanQuery } from "../models/span.ts";
import { type Column, DataTable } from "./data_table.tsx";
import { Panel } from "./panel.tsx";
import { useSpan } from "./span_picker.tsx";
import { ResourceState } from "./state.tsx";

/** A row of `/api/sessions`. */
interface SessionRow {
  readonly id: string;
  readonly agent: string | null;
  readonly version: string | null;
  readonly server: string;
  readonly began: string;
  readonly last: string;
  readonly calls: number;
  readonly refused: number;
  readonly errors: number;
  readonly bytes_out: number;
}

/** Conversations that are listed. */
const SHOWN = 200;

/** The conversations of a span. */
export function SessionsTable() {
  const nowMs = useApp().now.value, span = useSpan();
  const resource = useResource<SessionRow[]>(
    `/api/sessions?${spanQuery(span)}&limit=${SHOWN}`,
    3000,
  );
  const rows = resource.data.value ?? [];
  const begin = Math.min(...rows.map(({ began }) => Date.parse(began)));
  const columns: readonly Column<SessionRow>[] = [
    {
      ...{ name: "began", title: "Began", value: ({ began }) => began },
      cell: ({ id, began }) => (
        <a href={`/activity?${new URLSearchParams({ q: `session:${id}` })}`}>
          {dayAndClock(began, nowMs)}
        </a>
      ),
    },
    {
      ...{ name: "agent", title: "Agent", value: ({ agent }) => agent },
      cell: ({ agent, version }) => (
        <>
          {agent ?? "unknown"} <span class="dim wide">{version}</span>
        </>
      ),
    },
    {
      name: "server",
      title: "Server",
      value: ({ server }) => server,
      cell: ({ server }) => server,
    },
    {
      ...{ name: "when", title: "When", isSpare: true },
      cell: (row) => <Lane row={row} begin={begin} end={nowMs} />,
    },
    {
      ...{ name: "lasted", title: "Lasted", isNumber: true, isSpare: true },
      value: (row) => lengthOf(row),
      cell: (row) => lasted(lengthOf(row)),
    },
    {
      ...{ name: "calls", title: "Calls", isNumber: true, value: ({ calls }) => calls },
      cell: ({ calls }) => count(calls),
    },
    {
      ...{ name: "refused", title: "Refused", isNumber: true, value: ({ refused }) => refused },
      cell: ({ refused }) => refused === 0 ? "" : count(refused),
    },
    {
      ...{ name: "tokens", title: "Results", isNumber: true, isSpare: true },
      value: ({ bytes_out }) => bytes_out,
      cell: ({ bytes_out }) => tokens(bytes_out),
    },
  ];
  return (
    <Panel title="Sessions" note={rows.length === SHOWN ? `the latest ${SHOWN}` : undefined}>
      <ResourceState of={resource} />
      {resource.data.value?.length === 0 && <p class="pad dim">None in this span.</p>}
      {rows.length > 0 && (
        <DataTable
          label="Sessions"
          columns={columns}
          rows={rows}
          keyOf={({ id }) => id}
        />
      )}
    </Panel>
  );
}

function lengthOf({ began, last }: SessionRow): number {
  return Date.parse(last) - Date.parse(began);
}

/** When it was, on one axis for all. */
function Lane(
  { row, begin, end }: { readonly row: SessionRow; readonly begin: number; readonly end: number },
) {
  const share = (ms: number) => 100 * (ms - begin) / Math.max(1, end - begin);
  const from = share(Date.parse(row.began)), to = share(Date.parse(row.last));
  const tone = row.refused > 0 ? "denied" : row.errors > 0 ? "error" : "quiet";
  return (
    <span class="lane">
      <i data-tone={tone} style={{ left: `${from}%`, width: `${to - from}%` }} />
    </span>
  );
}

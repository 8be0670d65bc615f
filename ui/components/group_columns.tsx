/**
 * The columns of a table of statistics: calls, failures, times and weight of each group.
 *
 * @module
 */

import { ago, count, share, tookMs } from "../models/format.ts";
import { type GroupStats, nameOf } from "../models/rows.ts";
import { tokens } from "../models/size_words.ts";
import type { Column } from "./data_table.tsx";

/**
 * The columns of groups.
 *
 * @param by What calls are grouped by.
 * @param onName Called with the name of a group that was chosen.
 */
export function columnsOf(
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

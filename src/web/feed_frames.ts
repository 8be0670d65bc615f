/**
 * Frames of the live feed, in either of its views.
 *
 * @module
 */

import type { InvocationRow } from "../audit/columns.ts";
import { toJsonLine } from "../audit/invocation.ts";
import type { LogRow } from "./log_source.ts";

/**
 * - `calls`: a frame for each call that has ended, whole: for programs
 * - `rows`: one frame for all that is new, in short, also calls that have begun: for the page
 */
export type FeedView = "calls" | "rows";

/** Bounds of the page's view. */
export const ROWS_VIEW = Object.freeze({
  /** Rows of one frame: those before them are only counted. */
  rows: 500,
  /** Characters of the arguments. */
  argumentChars: 200,
});

/** The columns of a row that the page's view shows. */
const SHORT = [
  ...["id", "timestamp", "agent_id", "session_id", "server_name", "tool_name"] as const,
  ...["latency_ms", "latency_us", "status", "outcome", "policy_hit"] as const,
] as const;

/** A call in short. */
export type ShortRow = Pick<InvocationRow, typeof SHORT[number]> & {
  /** The beginning of their JSON text. */
  readonly arguments: string | null;
  readonly is_cut: boolean;
  /** Null where there are no change numbers. */
  readonly change: number | null;
};

/** A frame of the page's view. */
export interface RowsFrame {
  readonly rows: readonly ShortRow[];
  /** Rows before them that were left out. */
  readonly skipped: number;
  /** The change to come back with. */
  readonly next: number;
}

/**
 * Makes the frames of some changes.
 *
 * @param next The change after which the next frame goes on: what to come back with.
 */
export function framesOf(rows: readonly LogRow[], view: FeedView, next: number): string[] {
  if (view === "calls") {
    return rows.filter(({ row }) => row.outcome !== "open")
      .map(({ row, change }) => `${toJsonLine(row).slice(0, -1)},"change":${change}}`);
  }
  const shown = rows.slice(-ROWS_VIEW.rows);
  const frame: RowsFrame = {
    rows: shown.map(shortOf),
    skipped: rows.length - shown.length,
    next,
  };
  return [JSON.stringify(frame)];
}

/** Makes the short form of a row. */
export function shortOf({ row, change }: LogRow): ShortRow {
  const columns = Object.fromEntries(SHORT.map((name) => [name, row[name]])) as Pick<
    InvocationRow,
    typeof SHORT[number]
  >;
  const { arguments: args } = row, { argumentChars } = ROWS_VIEW;
  return {
    ...columns,
    arguments: args === null ? null : args.slice(0, argumentChars),
    is_cut: args !== null && args.length > argumentChars,
    change,
  };
}

/**
 * The columns of `agentgate.calls`: those of the log, as it declares them, and what tells one log of
 * the fleet from another.
 *
 * @module
 */

import { END, type InvocationRow } from "../../audit/columns.ts";
import { INVOCATION_COLUMNS } from "../../audit/invocation.ts";

type Name = keyof InvocationRow;

/** The names of columns with numbers. */
type NumberName = {
  [N in Name]: number extends InvocationRow[N] ? N : never;
}[Name];

/** Every column with numbers: a new one that is forgotten here is an error of types. */
const NUMBERS: ReadonlySet<string> = new Set(
  Object.keys(
    {
      latency_ms: true,
      request_bytes: true,
      result_bytes: true,
      latency_us: true,
      forwarded: true,
      session_calls: true,
      mono_us: true,
    } satisfies Record<NumberName, true>,
  ),
);

/** A column of the log in PostgreSQL. */
export interface FleetColumn {
  readonly name: Name;
  readonly type: "bigint" | "text";
}

/** The columns of the log, in its order. */
export const FLEET_COLUMNS: readonly FleetColumn[] = Object.freeze(
  INVOCATION_COLUMNS.map((name): FleetColumn => ({
    name,
    type: NUMBERS.has(name) ? "bigint" : "text",
  })),
);

/** What may be changed of a row that is there: what is known once the call has ended. */
export const COMPLETED_COLUMNS: readonly string[] = Object.freeze(["change", ...END.columns]);

/** What a row is copied with, in this order; its source and host are the same for all. */
export const COPIED_COLUMNS: readonly string[] = Object.freeze(
  ["started_at", "change", ...INVOCATION_COLUMNS],
);

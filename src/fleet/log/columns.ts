/**
 * The columns of `agentgate.calls`: those of the log, as it declares them, and what tells one log of
 * the fleet from another.
 *
 * @module
 */

import { END } from "../../audit/columns.ts";
import { INVOCATION_COLUMNS } from "../../audit/invocation.ts";
import { declaredTypes } from "../../audit/schema.ts";

/** A column of the log in PostgreSQL. */
export interface FleetColumn {
  readonly name: string;
  readonly type: "bigint" | "text";
}

/** The columns of the log, in its order. */
export const FLEET_COLUMNS: readonly FleetColumn[] = Object.freeze(fleetColumns());

/** What may be changed of a row that is there: what is known once the call has ended. */
export const COMPLETED_COLUMNS: readonly string[] = Object.freeze(["change", ...END.columns]);

/** What a row is copied with, in this order; its source and host are the same for all. */
export const COPIED_COLUMNS: readonly string[] = Object.freeze(
  ["started_at", "change", ...INVOCATION_COLUMNS],
);

function fleetColumns(): FleetColumn[] {
  const types = declaredTypes();
  return INVOCATION_COLUMNS.map((name) => ({
    name,
    type: types.get(name) === "INTEGER" ? "bigint" : "text",
  }));
}

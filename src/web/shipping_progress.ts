/**
 * How far the log of this machine was shipped to the fleet's PostgreSQL, as it is shown.
 *
 * @module
 */

import { readShippingState, shippedChange } from "../audit/shipping_state.ts";
import { lastChange, type LogSource, type OpenLog } from "./log_source.ts";

/** What is known on this machine, whoever ships. */
export interface ShippingProgress {
  /** Changes (rows that were written or completed) that PostgreSQL does not have. */
  readonly waiting: number;
  /** When it took something last, RFC 3339; null for never. */
  readonly shipped_at: string | null;
  /** Why it takes nothing now, one sentence; null while it does. */
  readonly fault: string | null;
}

/** Reads the log and the file beside it. @throws {LogUnavailable} when the log cannot be read. */
export function shippingProgress(log: LogSource): ShippingProgress {
  const state = readShippingState(log.path), { at = null, fault = null } = state ?? {};
  return log.read((open) => ({
    waiting: waitingAfter(open, shippedChange(log.path, state)),
    shipped_at: at,
    fault,
  }));
}

/** Change numbers begin anywhere: what was never shipped is counted from the first. */
function waitingAfter(log: OpenLog, shipped: number): number {
  if (shipped > 0) return Math.max(0, lastChange(log) - shipped);
  const sql = "SELECT count(*) AS n FROM tool_invocations WHERE change IS NOT NULL";
  return log.isNumbered ? Number(log.db.prepare(sql).get()!.n) : 0;
}

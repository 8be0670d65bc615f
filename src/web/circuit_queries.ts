/**
 * Circuits that refuse now, as far as the log tells: a gateway keeps to itself how its circuits stand,
 * and records each call that one of them has refused.
 *
 * @module
 */

import { timestampText } from "../audit/columns.ts";
import { IS_RARE_OUTCOME, OUTCOME_INDEX } from "../audit/indices.ts";
import type { LogSource } from "./log_source.ts";

/** Milliseconds back from now in which refusals are looked for. */
const LATELY_MS = 60_000;
/** Tools that are named. */
const MAX_TOOLS = 50;
/** Refusals that are read, the newest. */
const MAX_CALLS = 10_000;

/** A tool whose circuit has refused calls within the last minute. */
export interface RefusingCircuit {
  readonly server_name: string;
  readonly tool_name: string;
  /** Calls that it refused within it. */
  readonly count: number;
  readonly last_seen: string;
}

/** All of them, the one that refused last first. */
export function refusingCircuits(log: LogSource, nowMs: number): RefusingCircuit[] {
  return log.read(({ db, indices }) => {
    // Without it the log would be read; an original's file does not have it.
    if (!indices.has(OUTCOME_INDEX)) return [];
    return db.prepare(
      `SELECT server_name, tool_name, count(*) AS count, max(timestamp) AS last_seen FROM (
         SELECT server_name, tool_name, timestamp FROM tool_invocations INDEXED BY ${OUTCOME_INDEX}
         WHERE outcome = 'circuit_open' AND ${IS_RARE_OUTCOME} AND timestamp >= ?
         LIMIT ${MAX_CALLS})
       GROUP BY server_name, tool_name ORDER BY last_seen DESC LIMIT ${MAX_TOOLS}`,
    ).all(timestampText(nowMs - LATELY_MS)) as unknown as RefusingCircuit[];
  });
}

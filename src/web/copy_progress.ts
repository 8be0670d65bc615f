/**
 * How far this machine's copy of the fleet's log is, as it is shown.
 *
 * @module
 */

import { timestampText } from "../audit/columns.ts";
import { type CopySource, isFilled, readCopySources, readCopyState } from "../audit/copy_state.ts";
import { type LogSource, LogUnavailable, type OpenLog } from "./log_source.ts";

/** The answer. */
export interface CopyProgress {
  /** Until when everything that was shipped is here, RFC 3339, to the minute; null for never. */
  readonly as_of: string | null;
  /** Why nothing is copied now, one sentence; null while it is. */
  readonly fault: string | null;
  /** While older calls are still to come: those from then on are here, RFC 3339; null for none yet. */
  readonly from: string | null;
  /** Whether all are here that are wanted. */
  readonly is_whole: boolean;
}

/** A machine of the fleet. */
export interface FleetHost {
  readonly host: string;
  /** When it shipped something last, RFC 3339. */
  readonly shipped_at: string;
  /** Logs that it has shipped, one after the other or side by side. */
  readonly logs: number;
}

/** Reads it; null for a log that is no copy. */
export function copyProgress({ db, isCopy }: OpenLog): CopyProgress | null {
  if (!isCopy) return null;
  const state = readCopyState(db);
  if (state === null) return { as_of: null, fault: null, from: null, is_whole: false };
  const { asOf, fault, floor } = state;
  const from = floor === null ? null : new Date(floor / 1000).toISOString();
  return { as_of: asOf, fault, from, is_whole: isFilled(state) };
}

/** Where what is told as news begins, as `timestamp` has it: the past that is still copied is none. */
export function newsFrom({ db, isCopy }: OpenLog): string {
  const state = isCopy ? readCopyState(db) : null;
  return state === null || isFilled(state) ? "" : timestampText(state.begun / 1000);
}

/** The machines whose calls a copy has; null for a log that is no copy, or cannot be read. */
export function fleetHosts(log: LogSource): FleetHost[] | null {
  try {
    return log.read(({ db, isCopy }) => isCopy ? hostsOf(readCopySources(db)) : null);
  } catch (fault) {
    if (fault instanceof LogUnavailable) return null;
    throw fault;
  }
}

function hostsOf(sources: readonly CopySource[]): FleetHost[] {
  return [...Map.groupBy(sources, ({ host }) => host)].map(([host, logs]) => ({
    host,
    shipped_at: logs.map(({ shipped_at }) => shipped_at).sort().at(-1)!,
    logs: logs.length,
  }));
}

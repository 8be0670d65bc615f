/**
 * What leads to the calls of one machine in a copy of the fleet's log, which has hundreds: an index. On
 * one machine, the hours in which a gateway was at work are enough.
 *
 * @module
 */

import type { Value } from "../audit/columns.ts";
import { HOST_COLUMN, HOST_INDEX, HOST_REFUSED_INDEX } from "../audit/copy_state.ts";
import type { LogSource, OpenLog } from "./log_source.ts";
import type { QueryWords } from "./query_words.ts";
import type { StatsKeeper } from "./stats_keeper.ts";

/** Rows of a slice that are passed in order, and of one whose rows are looked up one by one or searched. */
export const SLICE_ROWS = Object.freeze({ passed: 10_000, lookedUp: 2500 });

/** A part of a query, by which it is led. */
export interface LeadSql {
  readonly table: string;
  /** The same where rows are counted in the order of time. */
  readonly byTime: string;
  readonly term: string;
  readonly values: readonly Value[];
  /** Rows, in the order of time, that are looked at before others are served. */
  readonly sliceRows: number;
  /** Whether they are so many that one hour is looked at by itself. */
  readonly isByHour: boolean;
}

/** The machine that a filter asks for, by its name or by one of its gateways; undefined for any. */
export function hostAsked(
  words: QueryWords,
  log: LogSource,
  stats: StatsKeeper,
): string | undefined {
  const host = words.text("host"), gateway = words.text("gateway");
  if (host !== undefined || gateway === undefined) return host;
  return log.read((open) => open.isCopy ? hostOf(gateway, open, stats) : undefined);
}

/** The only machine that has such a gateway; undefined where there are more, or that is not known. */
function hostOf(gateway: string, { db }: OpenLog, stats: StatsKeeper): string | undefined {
  return stats.read((counted, { isComplete, isCaughtUp }) => {
    if (!isComplete || !isCaughtUp) return undefined;
    // Calls that are open are not counted yet.
    const open = db.prepare(
      `SELECT DISTINCT ${HOST_COLUMN} AS host FROM tool_invocations
       WHERE outcome = 'open' AND gateway = ?`,
    ).all(gateway);
    const known = counted.prepare("SELECT host FROM gateways WHERE gateway = ?").all(gateway);
    const [host, ...others] = new Set([...open, ...known].map(({ host }) => String(host)));
    return others.length === 0 ? host : undefined;
  });
}

/**
 * The lead of a query to one machine's calls; undefined where a log has none.
 *
 * @param isRefused Whether only calls are asked for that were refused or have failed.
 */
export function leadSql(
  { isCopy, indices }: OpenLog,
  host: string | undefined,
  isRefused: boolean,
): LeadSql | undefined {
  if (!isCopy || host === undefined) return undefined;
  const isShort = isRefused && indices.has(HOST_REFUSED_INDEX);
  return {
    table: `tool_invocations INDEXED BY ${isShort ? HOST_REFUSED_INDEX : HOST_INDEX}`,
    byTime: `tool_invocations INDEXED BY ${HOST_INDEX}`,
    term: `${HOST_COLUMN} = ?`,
    values: [host],
    sliceRows: isShort ? SLICE_ROWS.passed : SLICE_ROWS.lookedUp,
    isByHour: !isShort,
  };
}

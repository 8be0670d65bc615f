/**
 * Where calls of a filter can be: the hours in which the statistics know of any. So a rare tool, or
 * one that was never called, is found in millions of rows without reading them.
 *
 * @module
 */

import type { LogSource, OpenLog } from "./log_source.ts";
import type { QueryWords } from "./query_words.ts";
import type { StatsKeeper } from "./stats_keeper.ts";
import { LEVELS } from "./stats_store.ts";

/** Words of a filter that are columns of the statistics, too. */
const NAMES: readonly string[] = Object.freeze(["tool", "server", "agent", "rule"]);

/** Open calls beyond which nothing is skipped for them. */
const MAX_OPEN = 1000;

/**
 * Finds the hours, newest first, in seconds since the epoch; undefined when they are not known: for a
 * filter without a name, or while the past is not counted.
 */
export function knownHours(
  words: QueryWords,
  log: LogSource,
  stats: StatsKeeper,
): readonly number[] | undefined {
  const terms: string[] = [], values: string[] = [];
  for (const name of NAMES) {
    const value = words.text(name);
    if (value === undefined) continue;
    terms.push(`${name} = ?`);
    values.push(value);
  }
  if (terms.length === 0) return undefined;
  return stats.read((db, { isComplete, isCaughtUp }) => {
    if (!isComplete || !isCaughtUp) return undefined;
    const counted = db.prepare(
      `SELECT DISTINCT at FROM calls WHERE level = ${LEVELS.hour} AND key IN
         (SELECT id FROM keys WHERE ${terms.join(" AND ")}) ORDER BY at DESC`,
    ).all(...values).map(({ at }) => Number(at));
    const open = log.read(openHours);
    return open === undefined
      ? undefined
      : [...new Set([...counted, ...open])].sort((a, b) => b - a);
  });
}

/** The hours of the calls that are open, which are not counted yet; undefined for too many. */
function openHours({ db, hasChanges }: OpenLog): number[] | undefined {
  if (!hasChanges) return undefined;
  const rows = db.prepare(
    `SELECT DISTINCT ifnull(unixepoch(timestamp), 0) / 3600 * 3600 AS at
     FROM tool_invocations WHERE outcome = 'open' LIMIT ${MAX_OPEN}`,
  ).all();
  return rows.length === MAX_OPEN ? undefined : rows.map(({ at }) => Number(at));
}

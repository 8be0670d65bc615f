/**
 * What the live feed tells of a log.
 *
 * @module
 */

import { newsFrom } from "./copy_progress.ts";
import { changesAfter, type LogRow, type OpenLog, toLogRow } from "./log_source.ts";

/** News, in the order of their changes. */
export interface News {
  readonly rows: readonly LogRow[];
  /** The change up to which that is all; undefined when nothing has changed. */
  readonly upTo: number | undefined;
  /** Whether there may be more. */
  readonly isCut: boolean;
}

/** Reads what has changed after a change, of at most so many changes. */
export function newsAfter(log: OpenLog, change: number, limit: number): News {
  const from = newsFrom(log);
  if (from !== "" && log.hasChanges) return newsBesidesThePast(log, change, limit, from);
  const rows = changesAfter(log, change, limit);
  return { rows, upTo: rows.at(-1)?.change ?? undefined, isCut: rows.length === limit };
}

/** A copy that is being filled changes by its past, too, tens of thousands of rows a second. */
function newsBesidesThePast(
  { db, columns }: OpenLog,
  change: number,
  limit: number,
  from: string,
): News {
  const { last, found } = db.prepare(
    `SELECT max(change) AS last, count(*) AS found FROM (SELECT change FROM tool_invocations
     WHERE change > ? ORDER BY change LIMIT ?)`,
  ).get(change, limit)!;
  if (last === null) return { rows: [], upTo: undefined, isCut: false };
  const rows = db.prepare(
    `SELECT ${columns} FROM tool_invocations WHERE change > ? AND change <= ? AND +timestamp >= ?
     ORDER BY change`,
  ).all(change, last!, from).map(toLogRow);
  return { rows, upTo: Number(last), isCut: Number(found) === limit };
}

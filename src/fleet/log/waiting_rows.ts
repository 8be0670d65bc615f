/**
 * What of the log is to be shipped next, by its change numbers.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import { lastChange, type OpenLog } from "../../web/log_source.ts";
import { copyLine, startOf } from "./copy_text.ts";

type StoredRow = Readonly<Record<string, unknown>>;

/** Bounds of a batch: whichever is reached first. */
export const BATCH = Object.freeze({ rows: 5000, chars: 4 * 1024 * 1024 });

/** Rows that are read at once. */
const CHUNK = 100;

/** Longest id, in characters; ours have 36. */
const MAX_ID = 600;

/** How far a log was shipped. */
export interface Mark {
  /** The change up to which nothing is missing; 0 for none. */
  readonly change: number;
  /** Id of the call that was inserted last of those that were shipped; null for none. */
  readonly newest: string | null;
}

/** Rows on their way. */
export interface WaitingRows {
  /** The change before the first. */
  readonly after: number;
  /** How far it is shipped when they have arrived. */
  readonly mark: Mark;
  readonly count: number;
  /** They in COPY's text format. */
  readonly text: string;
  /** The days (UTC) on which they began: `2026-11-26`. */
  readonly days: readonly string[];
  /** Whether there was more than fits. */
  readonly isCut: boolean;
}

/**
 * Whether a mark is of this log, and not of one that it is a copy of, or that a copy took the place of:
 * change numbers alone would not tell, once they have grown past the mark.
 */
export function isMarkOf(log: OpenLog, { change, newest }: Mark): boolean {
  if (lastChange(log) < change) return false;
  if (newest === null || !log.hasChanges || rowOf(log, newest) !== undefined) return true;
  // Retention deletes the oldest first: with that row, all that was shipped before it is gone.
  return log.db.prepare("SELECT 1 FROM tool_invocations WHERE change <= ? LIMIT 1").get(change) ===
    undefined;
}

/**
 * Rows that were written or completed after a mark, oldest change first.
 *
 * @returns Null when there is nothing new, and while a large log lacks the index for it.
 */
export function waitingRows(log: OpenLog, after: Mark): WaitingRows | null {
  if (!log.hasChanges || lastChange(log) <= after.change) return null;
  // In one transaction: a row that is completed meanwhile would be read twice, or not at all.
  log.db.exec("BEGIN");
  try {
    return batchAfter(log, after);
  } finally {
    log.db.exec("COMMIT");
  }
}

function batchAfter(log: OpenLog, after: Mark): WaitingRows {
  const last = lastChange(log), days = new Set<string>();
  let text = "", count = 0, { change, newest } = after, isCut = false;
  let newestRow = newest === null ? 0 : rowOf(log, newest) ?? 0;
  for (const stored of rowsAfter(log, after.change)) {
    const startedAt = startOf(stored.timestamp), row = Number(stored.row_number);
    text += copyLine(stored, startedAt);
    days.add(startedAt.slice(0, 10));
    change = Number(stored.change);
    if (row > newestRow) [newestRow, newest] = [row, String(stored.id)];
    isCut = ++count === BATCH.rows || text.length >= BATCH.chars;
    if (isCut) break;
  }
  if (!isCut) change = Math.max(change, last);
  return { after: after.change, mark: { change, newest }, count, text, days: [...days], isCut };
}

/** Another program may have written a row without an id, or with one that no index of PostgreSQL holds. */
const ROWS_SQL = `FROM tool_invocations
  WHERE change > ? AND length(id) BETWEEN 1 AND ${MAX_ID} ORDER BY change LIMIT ${CHUNK}`;

/** Not by `iterate`: that of Deno ends, and says nothing, where SQLite or a number has failed. */
function* rowsAfter({ db, columns }: OpenLog, change: number): Generator<StoredRow> {
  const query = db.prepare(`SELECT ${columns} ${ROWS_SQL}`);
  for (let rows: StoredRow[], after = change;; after = Number(rows.at(-1)!.change)) {
    yield* rows = allOf(query, after);
    if (rows.length < CHUNK) return;
  }
}

function allOf(query: StatementSync, after: number): StoredRow[] {
  try {
    return query.all(after);
  } catch (fault) {
    if (!(fault instanceof RangeError)) throw fault;
    // An integer that is larger than what a number holds: only another program can have written it.
    query.setReadBigInts(true);
    return query.all(after);
  }
}

function rowOf({ db }: OpenLog, id: string): number | undefined {
  const row = db.prepare("SELECT rowid AS n FROM tool_invocations WHERE id = ?").get(id);
  return row === undefined ? undefined : Number(row.n);
}

/**
 * What of the log is to be shipped next, by its change numbers.
 *
 * @module
 */

import { lastChange, type OpenLog } from "../../web/log_source.ts";
import { copyLine, startOf } from "./copy_text.ts";

/** Bounds of a batch: whichever is reached first. */
export const BATCH = Object.freeze({ rows: 5000, chars: 4 * 1024 * 1024 });

/** Rows on their way. */
export interface WaitingRows {
  /** The change before the first. */
  readonly after: number;
  /** The change up to which nothing is missing when they have arrived. */
  readonly mark: number;
  readonly count: number;
  /** They in COPY's text format. */
  readonly text: string;
  /** The days (UTC) on which they began: `2026-11-26`. */
  readonly days: readonly string[];
  /** Whether there was more than fits. */
  readonly isCut: boolean;
}

/**
 * Rows that were written or completed after a change, oldest first.
 *
 * @returns Null when there is nothing new, and while a large log lacks the index for it.
 */
export function waitingRows(log: OpenLog, after: number): WaitingRows | null {
  if (!log.hasChanges) return null;
  // Before the rows are read: what comes in between is then one of them, or waits for the next look.
  const last = lastChange(log);
  if (last <= after) return null;
  const query = log.db.prepare(
    `SELECT ${log.columns} FROM tool_invocations WHERE change > ? ORDER BY change LIMIT ${BATCH.rows}`,
  );
  const days = new Set<string>();
  let text = "", count = 0, mark = after, isCut = false;
  for (const stored of query.iterate(after)) {
    const startedAt = startOf(stored.timestamp);
    text += copyLine(stored, startedAt);
    days.add(startedAt.slice(0, 10));
    mark = Number(stored.change);
    isCut = ++count === BATCH.rows || text.length >= BATCH.chars;
    if (isCut) break;
  }
  if (!isCut) mark = Math.max(mark, last);
  return { after, mark, count, text, days: [...days], isCut };
}

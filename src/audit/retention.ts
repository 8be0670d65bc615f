/**
 * Retention: deletes what is too old or too much, and gives the space back.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { timestampText } from "./columns.ts";
import { pragmaNumber } from "./schema.ts";

/** Limits on what is kept; 0 means without limit. */
export interface RetentionLimits {
  readonly retentionDays: number;
  readonly maxRows: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * One run, in steps of one short transaction each: between two of them batches are written.
 *
 * Open rows are never deleted; the newest `maxRows` stay. Yields the rows that a step deleted.
 *
 * @param now Wall clock, milliseconds since the epoch.
 */
export function* retentionSteps(
  db: DatabaseSync,
  limits: RetentionLimits,
  now: number,
): Generator<number, void, void> {
  const chunk = AUDIT_BOUNDS.retentionChunkRows;
  if (limits.retentionDays > 0) {
    // Both sides are texts of the same form (see `timestampText`), so this compares times.
    const bound = timestampText(now - limits.retentionDays * DAY_MS);
    const expired = deleteOldest(db, "timestamp < ?");
    for (let deleted: number = chunk; deleted === chunk;) {
      deleted = Number(expired.run(bound, chunk).changes);
      yield deleted;
    }
  }
  if (limits.maxRows > 0) {
    const count = db.prepare("SELECT count(*) AS n FROM tool_invocations").get();
    const surplus = deleteOldest(db, "TRUE");
    for (let excess = Number(count?.n) - limits.maxRows; excess > 0;) {
      const deleted = Number(surplus.run(Math.min(excess, chunk)).changes);
      if (deleted === 0) break; // only open rows are left
      excess -= deleted;
      yield deleted;
    }
  }
  yield* giveSpaceBack(db);
}

function deleteOldest(db: DatabaseSync, condition: string): StatementSync {
  return db.prepare(`DELETE FROM tool_invocations WHERE rowid IN (
    SELECT rowid FROM tool_invocations WHERE outcome <> 'open' AND ${condition}
    ORDER BY timestamp, rowid LIMIT ?)`);
}

function* giveSpaceBack(db: DatabaseSync): Generator<number, void, void> {
  let free = pragmaNumber(db, "freelist_count");
  if (free === 0) return;
  const vacuum = db.prepare(`PRAGMA incremental_vacuum(${AUDIT_BOUNDS.retentionChunkPages})`);
  for (;;) {
    vacuum.all(); // it frees a page for each row that it is asked for: `exec` asks for one
    const left = pragmaNumber(db, "freelist_count");
    yield 0;
    if (left === 0 || left >= free) break; // no progress: a file that was never converted
    free = left;
  }
  // The file itself shrinks with a checkpoint. It needs a moment without readers: never wait for it.
  db.exec("PRAGMA busy_timeout = 0");
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.exec(`PRAGMA busy_timeout = ${AUDIT_BOUNDS.busyTimeoutMs}`);
  }
}

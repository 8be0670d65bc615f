/**
 * Retention: deletes what is too old or too much, and gives the space back.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isBusy } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { timestampText } from "./columns.ts";
import { pragmaNumber } from "./schema.ts";

/** Limits on what is kept; 0 means without limit. */
export interface RetentionLimits {
  readonly retentionDays: number;
  readonly maxRows: number;
  /**
   * Rows up to which those stay that were not shipped to the fleet's PostgreSQL yet; absent where
   * nothing is shipped.
   */
  readonly keepUnshippedRows?: number;
}

/** What a log has to keep because it was not shipped yet. */
export interface Unshipped {
  /** The last change that was. */
  readonly shipped: number;
  /** Called with the number of rows that were deleted all the same: the log had too many. */
  readonly onDeleted: (rows: number) => void;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * One run, in steps of one short transaction each: between two of them batches are written.
 *
 * Open rows are never deleted; the `maxRows` that were inserted last stay, and so do those that were
 * not shipped, while the log has no more than `keepUnshippedRows`. Yields the rows that a step deleted.
 *
 * @param now Wall clock, milliseconds since the epoch.
 * @param unshipped Absent where nothing is shipped.
 */
export function* retentionSteps(
  db: DatabaseSync,
  limits: RetentionLimits,
  now: number,
  unshipped?: Unshipped,
): Generator<number, void, void> {
  const { retentionDays, maxRows, keepUnshippedRows = 0 } = limits;
  const expired = retentionDays > 0
    ? lastExpired(db, borneOut(db, now), retentionDays * DAY_MS)
    : null;
  const before = unshipped === undefined ? ALL : firstUnshipped(db, unshipped.shipped);
  yield* deleteUnwanted(db, { expired, maxRows, before, leave: 0 });
  if (unshipped !== undefined) {
    const rest = deleteUnwanted(db, { expired, maxRows, before: ALL, leave: keepUnshippedRows });
    let lost = 0;
    for (const deleted of rest) {
      lost += deleted;
      yield deleted;
    }
    if (lost > 0) unshipped.onDeleted(lost);
  }
  yield* giveSpaceBack(db);
}

/** Past the number of any row. */
const ALL = Number.MAX_SAFE_INTEGER;

/** What a run deletes. */
interface Unwanted {
  /** The last row that is too old; null for none. */
  readonly expired: number | null;
  readonly maxRows: number;
  /** Rows from this one on stay. */
  readonly before: number;
  /** Rows that are left, whatever else. */
  readonly leave: number;
}

function* deleteUnwanted(
  db: DatabaseSync,
  { expired, maxRows, before, leave }: Unwanted,
): Generator<number, void, void> {
  const spare = () => leave > 0 ? countRows(db) - leave : Infinity;
  if (expired !== null) yield* deleteOldest(db, spare(), Math.min(expired, before - 1));
  if (maxRows > 0) yield* deleteOldest(db, Math.min(countRows(db) - maxRows, spare()), before - 1);
}

/** The oldest row with a later change: rows before it were shipped, or never will be. */
function firstUnshipped(db: DatabaseSync, shipped: number): number {
  const { n } = db.prepare("SELECT min(rowid) AS n FROM tool_invocations WHERE change > ?")
    .get(shipped)!;
  return n === null ? ALL : Number(n);
}

function countRows(db: DatabaseSync): number {
  return Number(db.prepare("SELECT count(*) AS n FROM tool_invocations").get()!.n);
}

/**
 * The time that the rows bear out: a clock may be wrong, after a restored snapshot or with a dead
 * battery, and what it calls old is gone for good. A pause of more than a day between two rows, or
 * between the newest and now, does not count until the log has gone on for a week after it, in which
 * another pause is a day.
 */
function borneOut(db: DatabaseSync, now: number): number {
  const { clockPauseMs, clockTrustMs } = AUDIT_BOUNDS;
  const newestBefore = db.prepare(
    "SELECT max(timestamp) AS time FROM tool_invocations WHERE timestamp < ?",
  );
  const oldestFrom = db.prepare(
    "SELECT min(timestamp) AS time FROM tool_invocations WHERE timestamp >= ?",
  );
  const timeOf = (query: StatementSync, ms: number) =>
    Date.parse(String(query.get(timestampText(ms))?.time));
  let paused = 0, pauses = 0;
  for (let at = now + 1; now - at - paused + pauses * clockPauseMs < clockTrustMs;) {
    const before = timeOf(newestBefore, at);
    if (Number.isNaN(before)) break;
    if (at - before > clockPauseMs) {
      paused += at - before;
      pauses++;
    }
    // Rows within a day of each other need no look.
    at = Math.min(at - 1, timeOf(oldestFrom, before - clockPauseMs));
  }
  return now - paused;
}

/**
 * The last row of which the order of the rows, too, says that it is older than `ageMs`: each was
 * inserted after those before it, whatever the clock said then. So rows that a clock which was
 * behind calls old stay until younger neighbours are old, and rows from the future hold up nobody.
 */
function lastExpired(db: DatabaseSync, now: number, ageMs: number): number | null {
  // Both sides are texts of the same form (see `timestampText`), so this compares times. `+` keeps
  // SQLite from the index: the first rows of the table are the ones to look at.
  const bound = timestampText(now - ageMs);
  const young = db.prepare(`SELECT rowid AS n FROM tool_invocations
    WHERE +timestamp >= ? AND +timestamp <= ? ORDER BY rowid LIMIT 1`).get(
    bound,
    timestampText(now + 1),
  );
  if (young === undefined) return null;
  const newest = db.prepare(`SELECT max(+timestamp) AS time FROM tool_invocations
    WHERE rowid < ? AND +timestamp < ?`).get(young.n!, bound);
  const time = Date.parse(String(newest?.time));
  if (Number.isNaN(time)) return null;
  const last = db.prepare(`SELECT max(rowid) AS n FROM tool_invocations
    WHERE rowid < ? AND +timestamp < ? AND +timestamp >= ?`).get(
    young.n!,
    bound,
    timestampText(time - AUDIT_BOUNDS.clockPauseMs),
  );
  return Number(last?.n);
}

/** Deletes the first `count` rows, up to the one with the number `last`, but for open ones. */
function* deleteOldest(
  db: DatabaseSync,
  count: number,
  last: number,
): Generator<number, void, void> {
  const chunk = AUDIT_BOUNDS.retentionChunkRows;
  const oldest = db.prepare(`DELETE FROM tool_invocations WHERE rowid IN (
    SELECT rowid FROM tool_invocations WHERE outcome <> 'open' AND rowid <= ?
    ORDER BY rowid LIMIT ?)`);
  while (count > 0) {
    const { changes } = yield* patiently(() => oldest.run(last, Math.min(count, chunk)));
    const deleted = Number(changes);
    if (deleted === 0) break; // only open rows are left
    count -= deleted;
    yield deleted;
  }
}

function* giveSpaceBack(db: DatabaseSync): Generator<number, void, void> {
  let free = pragmaNumber(db, "freelist_count");
  if (free === 0) return;
  const vacuum = db.prepare(`PRAGMA incremental_vacuum(${AUDIT_BOUNDS.retentionChunkPages})`);
  for (;;) {
    yield* patiently(() => vacuum.all()); // it frees a page for each row that it is asked for: `exec` asks for one
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
    db.exec(`PRAGMA busy_timeout = ${AUDIT_BOUNDS.lockWaitMs}`);
  }
}

/** Does a step; while another writer is in the way, lets batches pass and tries again. */
function* patiently<T>(step: () => T): Generator<number, T, void> {
  for (let tries = 0;; tries++) {
    try {
      return step();
    } catch (error) {
      if (!isBusy(error) || tries * AUDIT_BOUNDS.lockWaitMs > AUDIT_BOUNDS.lockPatienceMs) {
        throw error;
      }
    }
    yield 0;
  }
}

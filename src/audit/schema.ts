/**
 * The database file: how it is opened, and how its schema came to be.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { AuditError, isBusy, toAuditError } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { FACTS_SQL } from "./facts.ts";
import { CHANGE_NUMBERS_SQL } from "./changes.ts";
import { buildIndices } from "./indices.ts";
import { LISTED_ARGUMENTS_SQL, LISTED_TOOLS_SQL } from "./listed_tools.ts";
import { createPrivately } from "./private_files.ts";

/**
 * - `batched`: a row outlives the process, but not a power cut of the last moments
 * - `strict`: every transaction is flushed to the disk
 */
export type Durability = "batched" | "strict";

/** The outcome that a status alone tells: rows of the original have no more. */
export const OUTCOME_OF_STATUS_SQL = `CASE
  WHEN policy_hit = 'circuit-breaker' THEN 'circuit_open'
  WHEN status = 'allowed' THEN 'ok'
  WHEN status IN ('denied', 'error', 'rate_limited') THEN status
  ELSE 'unknown' END`;

/**
 * Migration `n` takes a database from `user_version` n to n + 1. Never edit one that was released.
 *
 * The first starts from the original's table, so that a new database and one of the original's
 * come out alike. `outcome` has a default because the original may still write to the file.
 */
const MIGRATIONS: readonly string[] = Object.freeze([
  `CREATE TABLE IF NOT EXISTS tool_invocations (
     id TEXT PRIMARY KEY, timestamp TEXT NOT NULL, agent_id TEXT, session_id TEXT,
     server_name TEXT NOT NULL, tool_name TEXT NOT NULL, arguments TEXT, result TEXT,
     latency_ms INTEGER, status TEXT NOT NULL, policy_hit TEXT);
   ALTER TABLE tool_invocations ADD COLUMN outcome TEXT NOT NULL DEFAULT 'unknown';
   ALTER TABLE tool_invocations ADD COLUMN detail TEXT;
   ALTER TABLE tool_invocations ADD COLUMN agent_version TEXT;
   ALTER TABLE tool_invocations ADD COLUMN protocol_version TEXT;
   ALTER TABLE tool_invocations ADD COLUMN method TEXT;
   ALTER TABLE tool_invocations ADD COLUMN request_id TEXT;
   ALTER TABLE tool_invocations ADD COLUMN request_bytes INTEGER;
   ALTER TABLE tool_invocations ADD COLUMN result_bytes INTEGER;
   ALTER TABLE tool_invocations ADD COLUMN latency_us INTEGER;
   ALTER TABLE tool_invocations ADD COLUMN shadow_hits TEXT;
   ALTER TABLE tool_invocations ADD COLUMN gateway TEXT;
   UPDATE tool_invocations SET outcome = ${OUTCOME_OF_STATUS_SQL};
   DROP INDEX IF EXISTS idx_invocations_tool;
   DROP INDEX IF EXISTS idx_invocations_status;
   CREATE INDEX IF NOT EXISTS idx_invocations_ts ON tool_invocations(timestamp);
   CREATE INDEX idx_invocations_open ON tool_invocations(gateway) WHERE outcome = 'open';`,
  "ALTER TABLE tool_invocations ADD COLUMN forwarded INTEGER",
  CHANGE_NUMBERS_SQL,
  LISTED_TOOLS_SQL,
  FACTS_SQL,
  LISTED_ARGUMENTS_SQL,
]);

/** The `user_version` of a database that this AgentGate writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;

/** The type that each column of the log is declared with, by its name: `TEXT` or `INTEGER`. */
export function declaredTypes(): ReadonlyMap<string, string> {
  const db = new DatabaseSync(":memory:");
  try {
    for (const migration of MIGRATIONS) db.exec(migration);
    const columns = db.prepare("SELECT name, type FROM pragma_table_info('tool_invocations')")
      .all();
    return new Map(columns.map(({ name, type }) => [String(name), String(type)]));
  } finally {
    db.close();
  }
}

/**
 * Bytes of a page of a new database. Each is written by a call of its own, twice: with SQLite's own 4096,
 * calls of 1 to 10 KB took a fifth more of the processor; with 16,384, 10 KB took a third more disk.
 */
const PAGE_BYTES = 8192;

const INCREMENTAL = 2; // as `PRAGMA auto_vacuum` reports it

/**
 * Opens the audit database for writing; creates or migrates it where needed.
 *
 * @param options `timeoutMs` is how long another writer is waited for, now and later.
 * @throws {AuditError} When that is not possible. Nothing is left half done.
 */
export function openDatabase(
  path: string,
  options: { readonly durability: Durability; readonly timeoutMs?: number },
): DatabaseSync {
  const { durability, timeoutMs = AUDIT_BOUNDS.busyTimeoutMs } = options;
  let db: DatabaseSync | undefined;
  try {
    createPrivately(path);
    db = new DatabaseSync(path, { timeout: timeoutMs });
    // Possible before the first page is written, and a needless write later.
    if (pragmaNumber(db, "page_count") === 0) {
      db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL`);
    }
    switchToWal(db, timeoutMs);
    db.exec(
      durability === "strict"
        ? "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON" // the second matters on macOS alone
        : "PRAGMA synchronous = NORMAL",
    );
    migrate(db, path);
    adoptIncrementalVacuum(db);
    if (isSmall(db)) buildIndices(db);
    return db;
  } catch (error) {
    db?.close();
    throw toAuditError(error, path);
  }
}

/**
 * Opens the audit database for reading alone. One that another program keeps to itself is waited for so
 * long; SQLite, which tries a hundred times to begin, would wait a hundred times as long.
 *
 * @throws what SQLite says when it cannot be read.
 */
export function openForReading(path: string, timeoutMs: number): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.exec("PRAGMA busy_timeout = 0");
    patiently(timeoutMs, () => void db.prepare("SELECT 1 FROM sqlite_schema").get());
    db.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs `work` in a transaction that holds the write lock from its beginning. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      db.exec("ROLLBACK");
    } catch {
      // A full disk, for one, makes SQLite roll back by itself.
    }
    throw error;
  }
}

/** The value of a `PRAGMA` that is a number. */
export function pragmaNumber(db: DatabaseSync, pragma: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
}

/** SQLite does not wait for the lock of this one switch, so two starters at once need a loop. */
function switchToWal(db: DatabaseSync, timeoutMs: number): void {
  patiently(timeoutMs, () => db.exec("PRAGMA journal_mode = WAL"));
}

/** Tries again for so long while a lock is in the way. */
function patiently(timeoutMs: number, work: () => void): void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}

function migrate(db: DatabaseSync, path: string): void {
  if (schemaVersion(db, path) === SCHEMA_VERSION) return;
  transaction(db, () => {
    // Read again: another gateway may have migrated while this one waited for the lock.
    for (let version = schemaVersion(db, path); version < SCHEMA_VERSION; version++) {
      db.exec(MIGRATIONS[version]!);
    }
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  });
}

/** Whether its indices are built in no time; those of a large one are built later, by the thread. */
function isSmall(db: DatabaseSync): boolean {
  const { n } = db.prepare("SELECT max(rowid) AS n FROM tool_invocations").get()!;
  return Number(n ?? 0) <= AUDIT_BOUNDS.smallRows;
}

function schemaVersion(db: DatabaseSync, path: string): number {
  const version = pragmaNumber(db, "user_version");
  if (version <= SCHEMA_VERSION) return version;
  const reason =
    `it was made by a newer AgentGate (schema ${version}, this one knows ${SCHEMA_VERSION})`;
  throw new AuditError("newer_schema", path, reason);
}

/**
 * Lets a file of the original shrink. Rewrites it once; when another gateway has it open, or the
 * disk has no room for the copy, the next start tries again.
 */
function adoptIncrementalVacuum(db: DatabaseSync): void {
  if (pragmaNumber(db, "auto_vacuum") === INCREMENTAL) return;
  try {
    db.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  } catch {
    // The log works without it; only its free space stays in the file.
  }
}

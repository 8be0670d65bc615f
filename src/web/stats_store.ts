/**
 * The statistics' own file, `logs.stats.db` beside `logs.db`: a cache of the audit log, which may be
 * deleted at any time.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { isBusy, isFull } from "../audit/audit_error.ts";
import { realPath } from "../audit/private_files.ts";
import { bucketOf } from "./latency_buckets.ts";

/** Changes with every change of the tables: a file of another version is made anew. */
const VERSION = 3;

/** Milliseconds that another dashboard on the same log is waited for. */
const BUSY_MS = 250;

/** Seconds of the levels that counts are kept at; 0 is all time. */
export const LEVELS = Object.freeze({ minute: 60, hour: 3600, sixHours: 21_600, day: 86_400 });

const SCHEMA = `
  CREATE TABLE mark (log TEXT, change INTEGER, row INTEGER, history INTEGER, first_change INTEGER);
  CREATE TABLE keys (id INTEGER PRIMARY KEY, server TEXT, tool TEXT, agent TEXT, kind TEXT, rule TEXT,
    UNIQUE (server, tool, agent, kind, rule));
  CREATE TABLE places (id INTEGER PRIMARY KEY, server TEXT, tool TEXT, UNIQUE (server, tool));
  CREATE TABLE calls (level INTEGER, at INTEGER, key INTEGER, n INTEGER, us INTEGER, timed INTEGER,
    bytes INTEGER, last TEXT, PRIMARY KEY (level, at, key)) WITHOUT ROWID;
  CREATE TABLE tool_calls (level INTEGER, at INTEGER, place INTEGER, kind TEXT, n INTEGER, us INTEGER,
    timed INTEGER, bytes INTEGER, last TEXT, PRIMARY KEY (level, at, place, kind)) WITHOUT ROWID;
  CREATE TABLE agent_calls (level INTEGER, at INTEGER, agent TEXT, kind TEXT, n INTEGER, us INTEGER,
    timed INTEGER, bytes INTEGER, last TEXT, PRIMARY KEY (level, at, agent, kind)) WITHOUT ROWID;
  CREATE TABLE gateways (id INTEGER PRIMARY KEY, host TEXT, gateway TEXT, UNIQUE (host, gateway));
  CREATE TABLE gateway_calls (level INTEGER, at INTEGER, gateway INTEGER, n INTEGER, denied INTEGER,
    errors INTEGER, us INTEGER, timed INTEGER, bytes INTEGER, last TEXT,
    PRIMARY KEY (level, at, gateway)) WITHOUT ROWID;
  CREATE TABLE latency (level INTEGER, at INTEGER, place INTEGER, bucket INTEGER, n INTEGER,
    PRIMARY KEY (level, at, place, bucket)) WITHOUT ROWID;
  CREATE TABLE totals (level INTEGER, at INTEGER, kind TEXT, n INTEGER, us INTEGER, timed INTEGER,
    PRIMARY KEY (level, at, kind)) WITHOUT ROWID;
  CREATE TABLE total_latency (level INTEGER, at INTEGER, bucket INTEGER, n INTEGER,
    PRIMARY KEY (level, at, bucket)) WITHOUT ROWID;
  CREATE TABLE refusals (level INTEGER, at INTEGER, rule TEXT, kind TEXT, n INTEGER, last TEXT,
    PRIMARY KEY (level, at, rule, kind)) WITHOUT ROWID;
  CREATE TABLE sessions (id TEXT PRIMARY KEY, agent TEXT, version TEXT, server TEXT, gateway TEXT,
    began TEXT, last TEXT, calls INTEGER, refused INTEGER, errors INTEGER, bytes_in INTEGER,
    bytes_out INTEGER) WITHOUT ROWID;
  CREATE INDEX sessions_last ON sessions (last);
  CREATE TABLE provisional (id TEXT PRIMARY KEY, at INTEGER, timestamp TEXT, server TEXT, tool TEXT,
    agent TEXT, kind TEXT, rule TEXT, us INTEGER, session TEXT, version TEXT, gateway TEXT,
    host TEXT, bytes_in INTEGER, bytes_out INTEGER) WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};`;

/** Path of the statistics of an audit log. */
export function statsPath(dbPath: string): string {
  const real = realPath(dbPath);
  return `${real.replace(/\.db$/, "")}.stats.db`;
}

/**
 * Opens the statistics of a log; makes them anew when they are damaged, or of another log.
 *
 * @param identity Which file the log is.
 */
export function openStats(path: string, identity: string): DatabaseSync {
  try {
    return openOrMake(path, identity);
  } catch (fault) {
    if (isBusy(fault) || isFull(fault)) throw fault;
    removeStats(path);
    return openOrMake(path, identity);
  }
}

/** Removes the file, and what SQLite keeps beside it. */
export function removeStats(path: string): void {
  for (const end of ["", "-wal", "-shm"]) {
    try {
      Deno.removeSync(path + end);
    } catch {
      // It is not there.
    }
  }
}

function openOrMake(path: string, identity: string): DatabaseSync {
  Deno.openSync(path, { append: true, create: true, mode: 0o600 }).close();
  const db = new DatabaseSync(path, { timeout: BUSY_MS });
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY");
    const { user_version: version } = db.prepare("PRAGMA user_version").get()!;
    if (version !== VERSION && version !== 0) throw new Error("another version");
    if (version === 0) {
      db.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
      db.prepare("INSERT INTO mark (log) VALUES (?)").run(identity);
      db.exec("COMMIT");
    }
    const mark = db.prepare("SELECT log FROM mark").get();
    if (mark?.log !== identity) throw new Error("another log");
    db.function("bucket_of", { deterministic: true }, (us) => bucketOf(Number(us)));
    return db;
  } catch (fault) {
    db.close();
    throw fault;
  }
}

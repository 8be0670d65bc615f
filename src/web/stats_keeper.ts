/**
 * Keeps the statistics up with the log: what changes is counted at once, the past newest first.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { isBusy, isFull } from "../audit/audit_error.ts";
import { transaction } from "../audit/schema.ts";
import { reasonOf } from "../errors.ts";
import { type LogSource, LogUnavailable, type OpenLog, versionOf } from "./log_source.ts";
import { addUp, CREATE_SLICE, fillSlice, MINUTES_KEPT_S } from "./rollup_sql.ts";
import { LEVELS, openStats, removeStats, statsPath } from "./stats_store.ts";

/** Times and sizes of counting. */
export const KEEPER_BOUNDS = Object.freeze({
  /** Rows that are counted at a time: some 50 ms. */
  sliceRows: 5000,
  /** Pause between two looks for changes, in milliseconds. */
  everyMs: 1000,
  /** Pause between two slices of what is left to count, in which others are served. */
  pauseMs: 5,
  /** Pause between two cleanings. */
  cleanMs: 3_600_000,
});

/** How far counting has come. */
export interface Progress {
  /** Whether the past is counted. */
  readonly isComplete: boolean;
  /** Rows of the past that are left, about. */
  readonly rowsLeft: number;
  /** Whether all that has changed is counted. */
  readonly isCaughtUp: boolean;
}

/** The one who counts. */
export class StatsKeeper implements Disposable {
  readonly #log: LogSource;
  #stats: { readonly db: DatabaseSync; readonly identity: string } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cleanedAt = -Infinity;
  /** State of the log that is counted to its end. */
  #version = "";
  #isOver = false;

  constructor(log: LogSource) {
    this.#log = log;
  }

  /** Counts from now on, until disposed of. */
  start(): void {
    this.#timer = setTimeout(() => this.#turn(), 0);
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#close();
  }

  /**
   * Reads the statistics, with what has changed since counted.
   *
   * @throws {LogUnavailable} when the log cannot be read.
   */
  read<T>(work: (db: DatabaseSync, progress: Progress) => T): T {
    try {
      const db = this.#current();
      const isBehind = this.#countChanges(db, 5), { rowsLeft } = progressOf(db);
      // The past of a small log is not worth a second question.
      if (rowsLeft > 0 && rowsLeft <= KEEPER_BOUNDS.sliceRows) this.#countPast(db);
      return work(db, { ...progressOf(db), isCaughtUp: !isBehind });
    } catch (fault) {
      if (!(fault instanceof LogUnavailable)) this.#makeAnew(fault);
      throw fault instanceof LogUnavailable ? fault : new LogUnavailable(
        `the statistics cannot be read now: ${reasonOf(fault)}`,
      );
    }
  }

  /** Counts everything now: for tests, and whoever has the time. */
  countAll(): void {
    const db = this.#current();
    this.#countChanges(db, Infinity);
    while (this.#countPast(db));
  }

  #turn(): void {
    let pauseMs: number = KEEPER_BOUNDS.everyMs;
    try {
      const db = this.#current(), version = this.#log.read(versionOf);
      if (version !== this.#version) {
        if (this.#countChanges(db, 1) || this.#countPast(db)) pauseMs = KEEPER_BOUNDS.pauseMs;
        else this.#version = version;
        this.#clean(db);
      }
    } catch (fault) {
      if (!(fault instanceof LogUnavailable)) this.#makeAnew(fault);
    }
    if (!this.#isOver) this.#timer = setTimeout(() => this.#turn(), pauseMs);
  }

  #current(): DatabaseSync {
    const identity = this.#log.read((log) => log.identity), path = statsPath(this.#log.path);
    if (this.#stats?.identity === identity && exists(path)) return this.#stats.db;
    this.#close();
    this.#version = "";
    const db = openStats(path, identity);
    db.prepare("ATTACH ? AS log").run(`file:${encodeURI(this.#log.path)}?mode=ro`);
    db.exec(CREATE_SLICE);
    this.#stats = { db, identity };
    this.#log.read((log) => begin(db, log));
    return db;
  }

  /** Counts what has changed, at most so many slices of it. Whether there may be more. */
  #countChanges(db: DatabaseSync, slices: number): boolean {
    const { hasChanges, isNumbered, columns } = this.#log.read((log) => log);
    // What is new is found by its number, once there is an index for that.
    if (isNumbered && !hasChanges) return false;
    const limit = KEEPER_BOUNDS.sliceRows;
    for (let slice = 0; slice < slices; slice++) {
      const counted = transaction(db, () => {
        const { change, row } = db.prepare("SELECT change, row FROM mark").get()!;
        const upTo = hasChanges ? nextMark(db, Number(change), limit) : null;
        if (upTo !== null) {
          db.prepare(fillSlice(columns, "change > ? AND change <= ?")).run(change!, upTo);
          db.prepare("UPDATE mark SET change = ?").run(upTo);
        }
        const last = lastRow(db), to = Math.min(last, Number(row) + limit);
        if (to > Number(row)) {
          const others = hasChanges
            ? "rowid > ? AND rowid <= ? AND change IS NULL"
            : "rowid > ? AND rowid <= ?";
          db.prepare(fillSlice(columns, others)).run(row!, to);
        }
        if (to !== Number(row)) db.prepare("UPDATE mark SET row = ?").run(to);
        if (upTo === null && to === Number(row)) return false;
        addUp(db);
        return true;
      });
      if (!counted) return false;
    }
    return true;
  }

  /** Counts a slice of the past. Whether there is more. */
  #countPast(db: DatabaseSync): boolean {
    const { columns } = this.#log.read((log) => log);
    return transaction(db, () => {
      const { history, first_change: first } = db.prepare("SELECT * FROM mark").get()!;
      const to = Number(history);
      if (to <= 0) return false;
      const from = Math.max(0, to - KEEPER_BOUNDS.sliceRows);
      const old = first === null ? "" : ` AND (change IS NULL OR change <= ${Number(first)})`;
      db.prepare(fillSlice(columns, `rowid > ? AND rowid <= ?${old}`)).run(from, to);
      addUp(db);
      db.prepare("UPDATE mark SET history = ?").run(from);
      return from > 0;
    });
  }

  /** Forgets the minutes of the day before yesterday, and what may change no more. */
  #clean(db: DatabaseSync): void {
    const now = performance.now();
    if (now - this.#cleanedAt < KEEPER_BOUNDS.cleanMs) return;
    this.#cleanedAt = now;
    for (const table of ["totals", "total_latency"]) {
      db.prepare(`DELETE FROM ${table} WHERE level = ? AND at < unixepoch() - ?`)
        .run(LEVELS.minute, MINUTES_KEPT_S);
    }
    db.exec("DELETE FROM provisional WHERE at < unixepoch() - 86400");
  }

  /** What is damaged is only a cache. One that somebody else writes, or a full disk, is no damage. */
  #makeAnew(fault: unknown): void {
    this.#close();
    if (isBusy(fault) || isFull(fault)) return;
    removeStats(statsPath(this.#log.path));
  }

  #close(): void {
    try {
      this.#stats?.db.close();
    } catch {
      // Its file is damaged.
    }
    this.#stats = undefined;
  }
}

/** Notes where counting began: what has changed since is new, what was there is the past. */
function begin(db: DatabaseSync, log: OpenLog): void {
  transaction(db, () => {
    const { change } = db.prepare("SELECT change FROM mark").get()!;
    if (change !== null) return;
    const last = log.isNumbered
      ? db.prepare("SELECT last FROM log.change_counter").get()!.last!
      : null;
    const row = lastRow(db);
    db.prepare("UPDATE mark SET change = ?, row = ?, history = ?, first_change = ?")
      .run(last ?? 0, row, row, last);
  });
}

/** The number of the change so many further; null when there is none. */
function nextMark(db: DatabaseSync, mark: number, rows: number): number | null {
  const { n } = db.prepare(
    `SELECT max(change) AS n FROM (SELECT change FROM log.tool_invocations WHERE change > ?
     ORDER BY change LIMIT ?)`,
  ).get(mark, rows)!;
  return n === null ? null : Number(n);
}

function lastRow(db: DatabaseSync): number {
  return Number(db.prepare("SELECT max(rowid) AS n FROM log.tool_invocations").get()!.n ?? 0);
}

function progressOf(db: DatabaseSync): Omit<Progress, "isCaughtUp"> {
  const rowsLeft = Number(db.prepare("SELECT history FROM mark").get()!.history);
  return { isComplete: rowsLeft <= 0, rowsLeft };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * A copy of the fleet's log on this machine: an audit log like any other, which the dashboard shows.
 * PostgreSQL has the truth; this file may be deleted at any time, and fills again.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { ChangeCounter } from "../../audit/changes.ts";
import { END, timestampText, type Value } from "../../audit/columns.ts";
import {
  COPY_TABLES_SQL,
  type CopySource,
  type CopyState,
  HOST_COLUMN,
  isCopy,
  readCopySources,
  readCopyState,
} from "../../audit/copy_state.ts";
import { buildIndices, buildMissingIndex } from "../../audit/indices.ts";
import { INVOCATION_COLUMNS } from "../../audit/invocation.ts";
import { openDatabase, openForReading, transaction } from "../../audit/schema.ts";
import { logFileMark } from "../../audit/shipping_state.ts";
import { reasonOf } from "../../errors.ts";
import { FleetFault } from "../log/fault_words.ts";
import type { FleetCall } from "./calls_reader.ts";

/** Rows of one statement. */
const STATEMENT_ROWS = 16;
/** Rows that are deleted at a time. */
const DELETED_ROWS = 5000;
/** Milliseconds that another program is waited for which keeps the file to itself. */
const OPEN_MS = 250;
/** Kilobytes of pages that are kept: keys of many hours are looked up. */
const CACHE_KB = 65_536;

const COLUMNS = ["change", HOST_COLUMN, ...INVOCATION_COLUMNS];

/** What ends a call, of the row that is there and of the one that comes. */
const [ENDS, NEW_ENDS] = ["tool_invocations", "excluded"].map((table) =>
  END.columns.map((column) => `${table}.${column}`).join(", ")
);

/** Adds rows; one that is there is completed, where that changes something. */
function putSql(rows: number): string {
  const row = `(${COLUMNS.map(() => "?").join(", ")})`;
  return `INSERT OR ROLLBACK INTO tool_invocations (${COLUMNS.join(", ")})
    VALUES ${Array<string>(rows).fill(row).join(", ")}
    ON CONFLICT (id) DO UPDATE SET change = excluded.change, ${
    END.columns.map((column) => `${column} = excluded.${column}`).join(", ")
  } WHERE (${ENDS}) IS NOT (${NEW_ENDS})`;
}

/** One writing connection to the copy. */
export class CopyStore implements Disposable {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #putRow: StatementSync;
  readonly #putRows: StatementSync;
  readonly #changes: ChangeCounter;

  /**
   * Opens the copy, or makes it.
   *
   * @throws {FleetFault} when it cannot be, or the file is a gateway's own log.
   */
  constructor(path: string) {
    this.path = path;
    const db = this.#db = this.#orFault(() => openDatabase(path, { durability: "batched" }));
    try {
      this.#orFault(() => prepare(db, path));
      db.exec(`PRAGMA cache_size = -${CACHE_KB}`);
      this.#file = logFileMark(path);
      this.#putRow = db.prepare(putSql(1));
      this.#putRows = db.prepare(putSql(STATEMENT_ROWS));
      this.#changes = new ChangeCounter(db);
    } catch (fault) {
      db.close();
      throw fault;
    }
  }

  /** Whether the file was removed or replaced since: then another one has to be opened. */
  get isDisplaced(): boolean {
    try {
      return logFileMark(this.path) !== this.#file;
    } catch {
      return true;
    }
  }

  /** How far the copy is; null before anything was begun. */
  get state(): CopyState | null {
    return this.#orFault(() => readCopyState(this.#db));
  }

  /** The logs that rows came from. */
  get sources(): CopySource[] {
    return this.#orFault(() => readCopySources(this.#db));
  }

  /**
   * Stores rows, and what is known with them, in one transaction.
   *
   * @param sources Those of which something has changed.
   */
  write(calls: readonly FleetCall[], sources: readonly CopySource[], state: CopyState): void {
    this.#orFault(() =>
      transaction(this.#db, () => {
        this.#put(calls);
        this.#note(sources, state);
      })
    );
  }

  /** Begins, with all sources. Rows that are here stay; the past is copied anew. */
  begin(sources: readonly CopySource[], state: CopyState): void {
    this.#orFault(() =>
      transaction(this.#db, () => {
        this.#db.exec("DELETE FROM fleet_sources");
        this.#note(sources, state);
      })
    );
  }

  /** Deletes some of the rows that began before a time. Whether there may be more. */
  deleteBefore(epochMs: number): boolean {
    return this.#orFault(() => {
      const { changes } = this.#db.prepare(`DELETE FROM tool_invocations WHERE rowid IN
        (SELECT rowid FROM tool_invocations WHERE timestamp < ? LIMIT ${DELETED_ROWS})`)
        .run(timestampText(epochMs));
      if (changes > 0) this.#db.prepare("PRAGMA incremental_vacuum").all();
      return Number(changes) === DELETED_ROWS;
    });
  }

  /** Builds one index, should an older AgentGate have made the copy without it; some are large. */
  buildIndex(): void {
    this.#orFault(() => buildMissingIndex(this.#db));
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #note(
    sources: readonly CopySource[],
    { floor, floorId, bound, begun, asOf, fault }: CopyState,
  ): void {
    const put = this.#db.prepare("INSERT OR REPLACE INTO fleet_sources VALUES (?, ?, ?, ?)");
    for (const { source, host, mark, shipped_at } of sources) {
      put.run(source, host, mark, shipped_at);
    }
    this.#db.exec("DELETE FROM fleet_copy");
    this.#db.prepare("INSERT INTO fleet_copy VALUES (?, ?, ?, ?, ?, ?)")
      .run(floor, floorId, bound, begun, asOf, fault);
  }

  #put(calls: readonly FleetCall[]): void {
    let change = this.#changes.take(calls.length);
    for (let at = 0; at < calls.length;) {
      const count = calls.length - at < STATEMENT_ROWS ? 1 : STATEMENT_ROWS;
      const bound: Value[] = [];
      for (const end = at + count; at < end; at++) {
        const { host, values } = calls[at]!;
        bound.push(change++, host, ...values);
      }
      (count === 1 ? this.#putRow : this.#putRows).run(...bound);
    }
  }

  /** Says which file it is that fails. */
  #orFault<T>(work: () => T): T {
    try {
      return work();
    } catch (fault) {
      if (fault instanceof FleetFault) throw fault;
      throw new FleetFault(`the copy ${this.path} cannot be written: ${reasonOf(fault)}`);
    }
  }
}

/**
 * Makes a copy where there is no file.
 *
 * @throws {FleetFault} when it cannot be, or the file is something else: a gateway's log, also one that
 *   has no calls yet.
 */
export function makeCopy(path: string): void {
  if (isOtherLog(path)) throw ownLog(path);
  new CopyStore(path)[Symbol.dispose]();
}

function isOtherLog(path: string): boolean {
  let db: DatabaseSync | undefined;
  try {
    db = openForReading(path, OPEN_MS);
    return !isCopy(db) && db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined;
  } catch {
    return false; // There is none, or whoever opens it will say why not.
  } finally {
    db?.close();
  }
}

const ownLog = (path: string) =>
  new FleetFault(`${path} is a gateway's own log; name another file: --db`);

/** @throws {FleetFault} for a log that has rows of its own: they would be mixed with the fleet's. */
function prepare(db: DatabaseSync, path: string): void {
  if (isCopy(db)) return;
  if (db.prepare("SELECT 1 FROM tool_invocations LIMIT 1").get() !== undefined) throw ownLog(path);
  transaction(db, () => {
    db.exec(COPY_TABLES_SQL);
    db.exec(`ALTER TABLE tool_invocations ADD COLUMN ${HOST_COLUMN} TEXT`);
    buildIndices(db);
  });
}

/**
 * The writing side of the audit database: synchronous, used on the worker.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type StoredFact, storeFact } from "./facts.ts";
import { isGatewayGone } from "./gateway_id.ts";
import { COMPLETION_CELLS, type PackedRows, ROW_CELLS } from "./batch.ts";
import { buildMissingIndex, missingIndices } from "./indices.ts";
import type { ListedTool } from "../session/facts.ts";
import { noteTools } from "./listed_tools.ts";
import { type Packed, Unpacker } from "./packed.ts";
import { type RetentionLimits, retentionSteps, type Unshipped } from "./retention.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { ChangeCounter } from "./changes.ts";
import { END, SESSION_COLUMNS, START, STATUS_OF, type Value } from "./columns.ts";
import { type Durability, openDatabase, pragmaNumber, transaction } from "./schema.ts";
import { END_COLUMNS, ROW_COLUMNS, type StoredEntry, type StoredRow } from "./stored_rows.ts";
import { type DisplacedPart, WatchedFiles } from "./watched_files.ts";

/** Rows of one statement: a call into SQLite costs as much as binding ten values. */
export const STATEMENT_ROWS = 16;

/**
 * A statement that inserts rows of one session, whose part is bound once, by name. A row that is
 * there already stays: a batch whose commit failed without telling how far it got may come again.
 *
 * A row that breaks a rule ends the transaction (OR ROLLBACK). Could it end the statement alone,
 * SQLite would copy every page that a statement of several rows changes.
 */
function insertSql(rows: number): string {
  const columns = [...SESSION_COLUMNS, "change", ...START.columns, ...END.columns];
  const own = Array<string>(columns.length - SESSION_COLUMNS.length).fill("?");
  const row = `(${[...SESSION_COLUMNS.map((column) => `:${column}`), ...own].join(", ")})`;
  return `INSERT OR ROLLBACK INTO tool_invocations (${columns.join(", ")})
    VALUES ${Array<string>(rows).fill(row).join(", ")} ON CONFLICT (id) DO NOTHING`;
}

const COMPLETE_ROW = `UPDATE tool_invocations
  SET change = ?, ${END.columns.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`;

/** Adds a row by the names of its columns. */
const ADD_ROW = `INSERT OR ROLLBACK INTO tool_invocations (${ROW_COLUMNS.join(", ")}, change)
  VALUES (${ROW_COLUMNS.map((column) => `:${column}`).join(", ")}, :change)
  ON CONFLICT (id) DO NOTHING`;

/** One writing connection to the audit database. */
export class AuditStore {
  readonly #files: WatchedFiles;
  readonly #db: DatabaseSync;
  readonly #insertRow: StatementSync;
  readonly #insertRows: StatementSync;
  readonly #complete: StatementSync;
  readonly #changes: ChangeCounter;

  /**
   * @param options `timeoutMs` is how long opening waits for another writer.
   * @throws {AuditError} When the database cannot be opened or migrated.
   */
  constructor(
    path: string,
    options: { readonly durability: Durability; readonly timeoutMs?: number },
  ) {
    this.#db = openDatabase(path, options);
    try {
      this.#files = new WatchedFiles(path);
      // Checkpoints are made on purpose: what they have proven need not be kept.
      this.#db.exec("PRAGMA wal_autocheckpoint = 0");
      this.#waitFor(AUDIT_BOUNDS.lockWaitMs);
      this.#insertRow = this.#db.prepare(insertSql(1));
      this.#insertRows = this.#db.prepare(insertSql(STATEMENT_ROWS));
      this.#complete = this.#db.prepare(COMPLETE_ROW);
      this.#changes = new ChangeCounter(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /**
   * The file that was removed or replaced since, if any: what is written to it now would be seen by
   * nobody, and gone with this process.
   */
  displaced(): DisplacedPart | null {
    return this.#files.displaced((bytes) => this.#logHas(bytes));
  }

  /** Whether the write-ahead log, of so many bytes, holds what it should. */
  #logHas(bytes: number): boolean {
    try {
      const { log } = this.#db.prepare("PRAGMA wal_checkpoint(NOOP)").get()!;
      return bytes >= Number(log) * pragmaNumber(this.#db, "page_size");
    } catch {
      return false;
    }
  }

  /**
   * Writes a batch in one transaction: all of it, or, when this throws, nothing.
   *
   * @returns The number of completions whose row is not there.
   */
  write(rows: PackedRows, completions: Packed): number {
    const inserted = rows.groups.reduce((sum, group) => sum + group.rows, 0);
    const completed = completions.cells.length / COMPLETION_CELLS;
    const rowless = transaction(this.#db, () => {
      const change = this.#changes.take(inserted + completed);
      this.#insertAll(rows, change);
      return this.#completeAll(completions, change + inserted);
    });
    this.#files.noteWrite();
    return rowless;
  }

  #insertAll(packed: PackedRows, change: number): void {
    const from = new Unpacker(packed);
    let cell = 0;
    for (const { session, rows } of packed.groups) {
      const shared = Object.fromEntries(
        SESSION_COLUMNS.map((column, i) => [column, session[i]!]),
      );
      let left = rows;
      while (left > 0) {
        const count = left < STATEMENT_ROWS ? 1 : STATEMENT_ROWS;
        const values: Value[] = [];
        for (let i = 0; i < count; i++, cell += ROW_CELLS) {
          values.push(change++);
          START.unpack(from, cell, values);
          END.unpack(from, cell + START.cells, values);
        }
        (count === 1 ? this.#insertRow : this.#insertRows).run(shared, ...values);
        left -= count;
      }
    }
  }

  #completeAll(packed: Packed, change: number): number {
    const from = new Unpacker(packed);
    let rowless = 0;
    for (let cell = 0; cell < from.cellCount; cell += COMPLETION_CELLS) {
      const values: Value[] = [change++];
      END.unpack(from, cell, values);
      const { changes } = this.#complete.run(...values, from.text(cell + END.cells));
      if (changes === 0) rowless++;
    }
    return rowless;
  }

  /** Writes rows and completions from elsewhere in one transaction; a row that is there stays. */
  add(entries: Iterable<StoredEntry>): void {
    const row = this.#db.prepare(ADD_ROW);
    transaction(this.#db, () => {
      for (const entry of entries) {
        const change = this.#changes.take(1);
        if ("row" in entry) row.run({ ...entry.row, change });
        else this.#complete.run(change, ...END_COLUMNS.map((column) => entry.end[column]!));
      }
    });
  }

  /** The rows of a gateway's calls that have not ended. */
  openRows(gateway: string): StoredRow[] {
    return this.#db.prepare(
      `SELECT ${ROW_COLUMNS.join(", ")} FROM tool_invocations
       WHERE outcome = 'open' AND gateway = ?`,
    ).all(gateway) as StoredRow[];
  }

  /**
   * Ends the open rows whose writer is gone, as `unknown`.
   *
   * @returns How many there were.
   */
  closeOrphans(isGone: (gateway: string | null) => boolean = isGatewayGone): number {
    const writers = this.#db
      .prepare("SELECT DISTINCT gateway FROM tool_invocations WHERE outcome = 'open'").all()
      .map((row) => row.gateway as string | null);
    const gone = writers.filter(isGone);
    if (gone.length === 0) return 0;
    const close = this.#db.prepare(`UPDATE tool_invocations
      SET outcome = 'unknown', status = '${STATUS_OF.unknown}' WHERE outcome = 'open' AND gateway IS ?`);
    return transaction(
      this.#db,
      () => gone.reduce((sum, gateway) => sum + Number(close.run(gateway).changes), 0),
    );
  }

  /** Notes the tools that a server has listed. */
  noteTools(server: string, tools: readonly ListedTool[], nowMs: number = Date.now()): void {
    transaction(this.#db, () => noteTools(this.#db, server, tools, nowMs));
  }

  /** Stores what rows refer to. */
  noteFacts(facts: readonly StoredFact[]): void {
    transaction(this.#db, () => facts.forEach((fact) => storeFact(this.#db, fact)));
  }

  /** Whether an index is missing; somebody may be building it, and hold the lock meanwhile. */
  get lacksIndex(): boolean {
    return missingIndices(this.#db).length > 0;
  }

  /** Builds one index that is missing. */
  buildIndex(): void {
    buildMissingIndex(this.#db);
  }

  /** One run of retention; see {@link retentionSteps}. */
  retention(
    limits: RetentionLimits,
    now: number,
    unshipped?: Unshipped,
  ): Generator<number, void, void> {
    return retentionSteps(this.#db, limits, now, unshipped);
  }

  /** Does something for which another writer may be waited for. */
  patiently<T>(timeoutMs: number, work: () => T): T {
    this.#waitFor(timeoutMs);
    try {
      return work();
    } finally {
      this.#waitFor(AUDIT_BOUNDS.lockWaitMs);
    }
  }

  /**
   * Moves what it can from the write-ahead log into the database itself.
   *
   * @returns Whether all that was written is there now, and on the disk.
   */
  checkpoint(): boolean {
    const { busy, log, checkpointed } = this.#db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get()!;
    return busy === 0 && log === checkpointed;
  }

  /** Moves what it can from the write-ahead log into the database, and closes the connection. */
  close(): void {
    try {
      this.checkpoint();
    } finally {
      this.#db.close();
    }
  }

  /**
   * Closes a connection whose files are no longer those that others see. What is in its write-ahead
   * log goes into the database only where that can do no harm.
   */
  abandon(): void {
    try {
      if (this.#files.isAlone) this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    } catch {
      // Whoever abandons it writes what is not proven again.
    }
    this.#db.close();
  }

  #waitFor(timeoutMs: number): void {
    this.#db.exec(`PRAGMA busy_timeout = ${timeoutMs}`);
  }
}

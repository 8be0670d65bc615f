/**
 * The writing side of the audit database: synchronous, used on the worker.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isGatewayGone } from "./gateway_id.ts";
import { COMPLETION_CELLS, type PackedRows, ROW_CELLS } from "./batch.ts";
import { type Packed, Unpacker } from "./packed.ts";
import { type RetentionLimits, retentionSteps } from "./retention.ts";
import { END, SESSION_COLUMNS, START, STATUS_OF, type Value } from "./columns.ts";
import { type Durability, openDatabase, transaction } from "./schema.ts";

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
  const columns = [...SESSION_COLUMNS, ...START.columns, ...END.columns];
  const own = Array<string>(columns.length - SESSION_COLUMNS.length).fill("?");
  const row = `(${[...SESSION_COLUMNS.map((column) => `:${column}`), ...own].join(", ")})`;
  return `INSERT OR ROLLBACK INTO tool_invocations (${columns.join(", ")})
    VALUES ${Array<string>(rows).fill(row).join(", ")} ON CONFLICT (id) DO NOTHING`;
}

const COMPLETE_ROW = `UPDATE tool_invocations
  SET ${END.columns.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`;

/** One writing connection to the audit database. */
export class AuditStore {
  readonly #path: string;
  /** Which file it was when it was opened. */
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #insertRow: StatementSync;
  readonly #insertRows: StatementSync;
  readonly #complete: StatementSync;

  /** @throws {AuditError} When the database cannot be opened or migrated. */
  constructor(path: string, options: { readonly durability: Durability }) {
    this.#path = path;
    this.#db = openDatabase(path, options);
    this.#file = identityOf(path);
    this.#insertRow = this.#db.prepare(insertSql(1));
    this.#insertRows = this.#db.prepare(insertSql(STATEMENT_ROWS));
    this.#complete = this.#db.prepare(COMPLETE_ROW);
  }

  /**
   * Whether the file was removed or replaced since: what is written now would be seen by nobody.
   */
  get isDisplaced(): boolean {
    return identityOf(this.#path) !== this.#file;
  }

  /** Writes a batch in one transaction: all of it, or, when this throws, nothing. */
  write(rows: PackedRows, completions: Packed): void {
    transaction(this.#db, () => {
      this.#insertAll(rows);
      this.#completeAll(completions);
    });
  }

  #insertAll(packed: PackedRows): void {
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
          START.unpack(from, cell, values);
          END.unpack(from, cell + START.cells, values);
        }
        (count === 1 ? this.#insertRow : this.#insertRows).run(shared, ...values);
        left -= count;
      }
    }
  }

  #completeAll(packed: Packed): void {
    const from = new Unpacker(packed);
    for (let cell = 0; cell < from.cellCount; cell += COMPLETION_CELLS) {
      const values: Value[] = [];
      END.unpack(from, cell, values);
      this.#complete.run(...values, from.text(cell + END.cells));
    }
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

  /** One run of retention; see {@link retentionSteps}. */
  retention(limits: RetentionLimits, now: number): Generator<number, void, void> {
    return retentionSteps(this.#db, limits, now);
  }

  /** Moves what it can from the write-ahead log into the file, and closes the connection. */
  close(): void {
    try {
      this.#db.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } finally {
      this.#db.close();
    }
  }
}

/** Deno's own, not `node:fs`, which takes as long to load as all else of this thread. */
function identityOf(path: string): string {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}/${ino}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}

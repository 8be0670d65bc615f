/**
 * The writing side of the audit database: synchronous, used on the worker.
 *
 * @module
 */

import { statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isGatewayGone } from "./gateway_id.ts";
import { type RetentionLimits, retentionSteps } from "./retention.ts";
import {
  COMPLETION_WIDTH,
  END_COLUMNS,
  ROW_WIDTH,
  START_COLUMNS,
  STATUS_OF,
  type Value,
} from "./row.ts";
import { type Durability, openDatabase, transaction } from "./schema.ts";

const COLUMNS = [...START_COLUMNS, ...END_COLUMNS];

// OR REPLACE: a batch whose commit failed without telling how far it got may be written again.
const INSERT_ROW = `INSERT OR REPLACE INTO tool_invocations (${COLUMNS.join(", ")})
  VALUES (${COLUMNS.map(() => "?").join(", ")})`;
const COMPLETE_ROW = `UPDATE tool_invocations
  SET ${END_COLUMNS.map((column) => `${column} = ?`).join(", ")} WHERE id = ?`;

/** One writing connection to the audit database. */
export class AuditStore {
  readonly #path: string;
  /** Which file it was when it was opened. */
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #complete: StatementSync;

  /** @throws {AuditError} When the database cannot be opened or migrated. */
  constructor(path: string, options: { readonly durability: Durability }) {
    this.#path = path;
    this.#db = openDatabase(path, options);
    this.#file = identityOf(path);
    this.#insert = this.#db.prepare(INSERT_ROW);
    this.#complete = this.#db.prepare(COMPLETE_ROW);
  }

  /** Whether the file was removed or replaced since: what is written now would be seen by nobody. */
  get isDisplaced(): boolean {
    return identityOf(this.#path) !== this.#file;
  }

  /** Writes a batch in one transaction: all of it, or, when this throws, nothing. */
  write(rows: readonly Value[], completions: readonly Value[]): void {
    transaction(this.#db, () => {
      runEach(this.#insert, rows, ROW_WIDTH);
      runEach(this.#complete, completions, COMPLETION_WIDTH);
    });
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

function identityOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.dev}/${stat.ino}`;
}

function runEach(statement: StatementSync, values: readonly Value[], width: number): void {
  for (let i = 0; i < values.length; i += width) statement.run(...values.slice(i, i + width));
}

/**
 * The reading side of the audit database. It never creates one, and never changes one; SQLite may
 * leave an empty write-ahead log beside it, which the next writer takes away.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { Outcome } from "../session/call.ts";
import type { InvocationRow } from "./columns.ts";
import { IS_RARE_OUTCOME, isRareOutcome, NOT_ALLOWED } from "./indices.ts";
import { INVOCATION_COLUMNS } from "./invocation.ts";
import { STATUS_OF, timestampText, type Value } from "./columns.ts";
import { openLog } from "./open_log.ts";
import { OUTCOME_OF_STATUS_SQL, pragmaNumber } from "./schema.ts";

/** Filter of rows; what is absent does not filter. */
export interface InvocationFilter {
  /** Exact tool name. */
  readonly tool?: string | undefined;
  /** Exact server name. */
  readonly server?: string | undefined;
  /** A status or an outcome; a word that is both means the status. See {@link STATUS_WORDS}. */
  readonly status?: string | undefined;
  /** Calls that began then or later. */
  readonly since?: Date | undefined;
  /** True: only calls that a shadow rule would have changed. */
  readonly shadow?: boolean | undefined;
}

const STATUSES: ReadonlySet<string> = new Set(Object.values(STATUS_OF));

/** The words that {@link InvocationFilter.status} knows. */
export const STATUS_WORDS: ReadonlySet<string> = new Set([...STATUSES, ...Object.keys(STATUS_OF)]);

/** A row with its number: numbers grow with each insert, and stay when a row is completed. */
export interface NumberedRow {
  readonly rowNumber: number;
  readonly row: InvocationRow;
  /** Whether it passes the filter. */
  readonly passes: boolean;
}

/** One reading connection. */
export class InvocationReader implements Disposable {
  readonly #db: DatabaseSync;
  /** The table with all of {@link INVOCATION_COLUMNS}, also those that an original's file lacks. */
  readonly #table: string;

  /** @throws {AuditError} `missing` when there is no file or no table, or why it cannot be read. */
  constructor(path: string) {
    const { db, present } = openLog(path);
    const columns = INVOCATION_COLUMNS
      .map((column) => present.has(column) ? column : `${absentColumn(column)} AS ${column}`);
    this.#table = `(SELECT rowid AS row_number, ${columns.join(", ")} FROM tool_invocations)`;
    this.#db = db;
  }

  /** Rows that pass the filter, newest first. */
  newest(filter: InvocationFilter, limit: number): InvocationRow[] {
    const { sql, values } = condition(filter);
    return this.#db
      .prepare(
        `SELECT * FROM ${this.#table} WHERE ${sql} ORDER BY timestamp DESC, row_number DESC LIMIT ?`,
      )
      .all(...values, limit)
      .map((stored) => toNumberedRow(stored).row);
  }

  /** All rows after `afterRow`, and those of `among`, in the order of their numbers. */
  rowsAfter(afterRow: number, among: readonly number[], filter: InvocationFilter): NumberedRow[] {
    const { sql, values } = condition(filter);
    return this.#db
      .prepare(
        `SELECT *, (${sql}) AS passes FROM ${this.#table}
         WHERE row_number > ? OR row_number IN (SELECT value FROM json_each(?)) ORDER BY row_number`,
      )
      .all(...values, afterRow, JSON.stringify(among))
      .map(toNumberedRow);
  }

  /** The numbers of the rows of calls that have not ended. */
  openRows(): number[] {
    return this.#db.prepare(`SELECT row_number FROM ${this.#table} WHERE outcome = 'open'`).all()
      .map((stored) => Number(stored.row_number));
  }

  /** The highest row number; 0 when there is no row. */
  lastRow(): number {
    return Number(this.#db.prepare("SELECT max(rowid) AS n FROM tool_invocations").get()?.n ?? 0);
  }

  /** A number that changes when another connection commits. */
  dataVersion(): number {
    return pragmaNumber(this.#db, "data_version");
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#db.close();
  }
}

/**
 * The condition that a status or an outcome is a bound word. What few calls have says so, which leads to
 * the index of such rows.
 */
export function statusTerm(word: string): string {
  const isRefused = isRefusal(word), refused = isRefused ? ` AND ${NOT_ALLOWED}` : "";
  if (isStatus(word)) return `status = ?${refused}`;
  const rare = isRareOutcome(word) ? ` AND ${IS_RARE_OUTCOME}` : "";
  return `outcome = ?${rare}${isRefused ? ` AND status = '${statusOf(word)}'` : ""}${refused}`;
}

/** Whether a word is a status, whatever else it is. */
export const isStatus = (word: string): boolean => STATUSES.has(word);

/** Whether a status, or an outcome, is of calls that were refused or have failed. */
export const isRefusal = (word: string): boolean => (statusOf(word) ?? "allowed") !== "allowed";

function statusOf(word: string): string | undefined {
  return isStatus(word) ? word : STATUS_OF[word as Outcome];
}

function condition(filter: InvocationFilter): { sql: string; values: Value[] } {
  const terms: string[] = [];
  const values: Value[] = [];
  const add = (term: string, ...more: Value[]) => {
    terms.push(term);
    values.push(...more);
  };
  const { tool, server, status, since, shadow } = filter;
  if (tool !== undefined) add("tool_name = ?", tool);
  if (server !== undefined) add("server_name = ?", server);
  if (status !== undefined) add(statusTerm(status), status);
  if (since !== undefined) add("timestamp >= ?", timestampText(since.getTime()));
  if (shadow === true) add("shadow_hits IS NOT NULL");
  return { sql: terms.join(" AND ") || "TRUE", values };
}

function toNumberedRow(stored: Record<string, unknown>): NumberedRow {
  const { row_number, passes, ...columns } = stored;
  const row = columns as unknown as InvocationRow;
  return {
    rowNumber: Number(row_number),
    row: { ...row, timestamp: row.timestamp.replace(/\+00:00$/, "Z") },
    passes: passes !== 0,
  };
}

function absentColumn(column: string): string {
  return column === "outcome" ? OUTCOME_OF_STATUS_SQL : "NULL";
}

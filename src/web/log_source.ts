/**
 * The audit log as the dashboard reads it: whatever becomes of the file, it comes back by itself.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { toAuditError } from "../audit/audit_error.ts";
import type { InvocationRow } from "../audit/columns.ts";
import { HOST_COLUMN } from "../audit/copy_state.ts";
import { CHANGE_INDEX } from "../audit/indices.ts";
import { INVOCATION_COLUMNS } from "../audit/invocation.ts";
import { openForReading, OUTCOME_OF_STATUS_SQL, pragmaNumber } from "../audit/schema.ts";

/** Milliseconds that a reader waits for a lock; with a write-ahead log it hardly ever has to. */
const BUSY_MS = 250;
/** Milliseconds for which a file that was there is taken to be there. */
const LOOK_AFTER_MS = 250;
/** Kilobytes of pages that are kept. */
const CACHE_KB = 16_384;

const decoder = new TextDecoder();

/** Said when the log cannot be read now: the API answers 503 with the reason. */
export class LogUnavailable extends Error {
  override readonly name = "LogUnavailable";
}

/** An open connection, and what its table looks like. */
export interface OpenLog {
  readonly db: DatabaseSync;
  /**
   * All columns of a row, also those that an original's file lacks, and `row_number`, `change`, `host`:
   * the machine it came from.
   */
  readonly columns: string;
  /** Whether rows get change numbers: all but those of an original. */
  readonly isNumbered: boolean;
  /** Whether there is an index to find them by as well; a large log gets it after a while. */
  readonly hasChanges: boolean;
  /** The names of all its indices. */
  readonly indices: ReadonlySet<string>;
  /** Changes with its tables and indices. */
  readonly schema: number;
  /** Whether it is a copy of the fleet's log. */
  readonly isCopy: boolean;
  /** Which file it is; another one for a file in its place. */
  readonly identity: string;
  /** Counts the connections: what SQLite says of changes means something to one of them alone. */
  readonly connection: number;
}

/** One reading connection to the file that is there now. */
export class LogSource implements Disposable {
  #open: OpenLog | undefined;
  #lookedAt = -Infinity;
  #connections = 0;

  constructor(readonly path: string) {}

  /**
   * Reads something.
   *
   * @throws {LogUnavailable} when the log cannot be read now.
   */
  read<T>(work: (log: OpenLog) => T): T {
    try {
      return work(this.#current());
    } catch (fault) {
      if (fault instanceof LogUnavailable) throw fault;
      // What is no fault of the database is one of ours.
      if (!(fault instanceof Error) || !("errcode" in fault)) throw fault;
      this[Symbol.dispose]();
      throw unavailable(fault, this.path);
    }
  }

  /** Closes the connection; the next {@link read} opens another. */
  [Symbol.dispose](): void {
    this.#open?.db.close();
    this.#open = undefined;
  }

  #current(): OpenLog {
    const now = performance.now();
    if (this.#open !== undefined && now - this.#lookedAt < LOOK_AFTER_MS) return this.#open;
    const identity = identityOf(this.path);
    if (identity !== this.#open?.identity) {
      this[Symbol.dispose]();
      this.#open = open(this.path, identity, ++this.#connections);
    } else if (pragmaNumber(this.#open.db, "schema_version") !== this.#open.schema) {
      this.#open = { ...this.#open, ...looksOf(this.#open.db, this.path) };
    }
    this.#lookedAt = now;
    return this.#open;
  }
}

function identityOf(path: string): string {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}/${ino}`;
  } catch (fault) {
    throw unavailable(fault, path);
  }
}

function open(path: string, identity: string, connection: number): OpenLog {
  let db: DatabaseSync | undefined;
  try {
    db = openForReading(path, BUSY_MS);
    db.exec(`PRAGMA cache_size = -${CACHE_KB}`);
    return { db, ...looksOf(db, path), identity, connection };
  } catch (fault) {
    db?.close();
    throw fault instanceof LogUnavailable ? fault : unavailable(fault, path);
  }
}

/** What the table looks like now: another gateway may make or migrate it at any time. */
function looksOf(
  db: DatabaseSync,
  path: string,
): Pick<OpenLog, "columns" | "isNumbered" | "hasChanges" | "indices" | "isCopy" | "schema"> {
  const schema = pragmaNumber(db, "schema_version");
  const present = new Set(
    db.prepare("SELECT name FROM pragma_table_info('tool_invocations')").all()
      .map(({ name }) => name),
  );
  if (present.size === 0) throw new LogUnavailable(`${path}: it has no calls yet`);
  const columns = INVOCATION_COLUMNS.map((column) => {
    if (present.has(column)) return column;
    return `${column === "outcome" ? OUTCOME_OF_STATUS_SQL : "NULL"} AS ${column}`;
  });
  const indices = new Set(
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").all()
      .map(({ name }) => String(name)),
  );
  return {
    columns: [
      "rowid AS row_number",
      present.has("change") ? "change" : "NULL AS change",
      `${hostOf(present)} AS host`,
      ...columns,
    ].join(", "),
    isNumbered: present.has("change"),
    hasChanges: indices.has(CHANGE_INDEX),
    indices,
    isCopy: present.has(HOST_COLUMN),
    schema,
  };
}

/** A copy of the fleet's log knows what a machine is called there; a gateway names its own. */
function hostOf(present: ReadonlySet<unknown>): string {
  if (present.has(HOST_COLUMN)) return HOST_COLUMN;
  return present.has("gateway") ? "substr(gateway, 1, instr(gateway, '/') - 1)" : "NULL";
}

function unavailable(fault: unknown, path: string): LogUnavailable {
  return new LogUnavailable(toAuditError(fault, path).message);
}

/**
 * A text that changes when another connection commits, or the log was opened again. Take it before
 * what it is the version of is read: what is committed in between is news then.
 */
export function versionOf({ db, connection }: OpenLog): string {
  return `${connection} ${pragmaNumber(db, "data_version")}`;
}

/** The last change number that was given out; 0 where rows have none. */
export function lastChange({ db, isNumbered }: OpenLog): number {
  if (!isNumbered) return 0;
  return Number(db.prepare("SELECT last FROM change_counter").get()!.last);
}

/** A row as the queries of this room give it. */
export interface LogRow {
  readonly rowNumber: number;
  /** Null for rows from before there were change numbers, and for those of an original. */
  readonly change: number | null;
  /** The machine that it came from. */
  readonly host: string | null;
  readonly row: InvocationRow;
}

/** Makes a row of what a query with {@link OpenLog.columns} gives. */
export function toLogRow(stored: Record<string, unknown>): LogRow {
  const { row_number, change, host = null, ...columns } = stored;
  // Another program may write anything: bytes are shown as the text that they are taken for.
  for (const name in columns) {
    const value = columns[name];
    if (value instanceof Uint8Array) columns[name] = decoder.decode(value);
  }
  const row = columns as unknown as InvocationRow;
  return {
    rowNumber: Number(row_number),
    change: change as number | null,
    host: host as string | null,
    row: { ...row, timestamp: String(row.timestamp).replace(/\+00:00$/, "Z") },
  };
}

/** What was written or completed after a change, in that order; nothing without an index for it. */
export function changesAfter(
  { db, columns, hasChanges }: OpenLog,
  change: number,
  limit: number,
): LogRow[] {
  if (!hasChanges) return [];
  return db.prepare(
    `SELECT ${columns} FROM tool_invocations WHERE change > ? ORDER BY change LIMIT ?`,
  ).all(change, limit).map(toLogRow);
}

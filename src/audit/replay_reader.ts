/**
 * The rows of the audit log in the order in which their calls came, for whoever decides them again.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { AuditError } from "./audit_error.ts";
import type { InvocationRow, Value } from "./columns.ts";
import { openLog } from "./open_log.ts";
import type { InvocationFilter } from "./reader.ts";
import { inOrder, type RowKey } from "./replay_order.ts";

/** Columns that a replay reads: never the result, which no decision has seen. */
export const REPLAY_COLUMNS = [
  ...["id", "timestamp", "agent_id", "session_id", "server_name", "tool_name", "arguments"],
  ...["status", "policy_hit", "outcome", "agent_version", "method", "latency_us", "shadow_hits"],
  ...["forwarded", "policy_decision", "policy_digest", "run", "session_calls", "mono_us", "facts"],
] as const;

/** A row as a replay reads it. */
export type ReplayRow = Pick<InvocationRow, typeof REPLAY_COLUMNS[number]>;

/** A policy that was in force in a run. */
export interface PolicyInForce {
  readonly digest: string;
  /** Microseconds on the clock of the run. */
  readonly sinceUs: number;
  /** The server's working folder and home. */
  readonly cwd: string;
  readonly home: string | undefined;
  /** Milliseconds since the epoch at which it was first used. */
  readonly at: number;
}

/** A policy's text, as it was stored. */
export interface StoredPolicy {
  readonly name: string;
  readonly text: string;
  /** Version of the AgentGate that it was in force in. */
  readonly engine: string;
}

/** Rows that somebody asks about; what is absent does not filter. */
export interface ReplayFilter extends Pick<InvocationFilter, "tool" | "server" | "since"> {
  /** Calls that began before then. */
  readonly until?: Date | undefined;
  /** The newest so many of them. */
  readonly limit?: number | undefined;
  readonly id?: string | undefined;
}

/** One reading connection, which changes nothing. */
export class ReplayReader implements Disposable {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #present: ReadonlySet<unknown>;
  #isHeld = false;

  /** @throws {AuditError} `missing` when there is no log, or why it cannot be read. */
  constructor(path: string) {
    const { db, present } = openLog(path);
    this.#db = db;
    this.#path = path;
    this.#present = present;
  }

  /**
   * Number of rows, and whether there were older ones.
   *
   * @param newest Of these so many alone.
   */
  size(
    newest: number = Infinity,
  ): { readonly rows: number; readonly isPruned: boolean; readonly oldestMs: number } {
    const { n, first, oldest } = this.#db.prepare(
      `SELECT count(*) AS n, min(rowid) AS first, min(timestamp) AS oldest FROM tool_invocations`,
    ).get()!;
    const rows = Number(n);
    if (rows <= newest) {
      return { rows, isPruned: Number(first) > 1, oldestMs: Date.parse(String(oldest)) };
    }
    const last = this.#db.prepare(
      "SELECT timestamp FROM tool_invocations ORDER BY timestamp DESC, rowid DESC LIMIT 1 OFFSET ?",
    ).get(Math.max(0, newest - 1));
    return { rows: newest, isPruned: true, oldestMs: Date.parse(String(last?.timestamp)) };
  }

  /** The text of a policy; undefined where it is not known. */
  policy(digest: string): StoredPolicy | undefined {
    return this.#one(
      "policies",
      "SELECT name, text, engine FROM policies WHERE digest = ?",
      digest,
    );
  }

  /** What a server said of a tool; undefined where it is not known, empty where it said nothing. */
  annotations(digest: string): string | undefined {
    const sql = "SELECT json FROM tool_annotations WHERE digest = ?";
    return this.#one<{ json: string }>("tool_annotations", sql, digest)?.json;
  }

  /** Names of the arguments of a tool, as its server has listed it last; none where nobody knows. */
  listedArguments(server: string, tool: string): readonly string[] {
    if (!this.#has("listed_tools")) return [];
    const { arguments: names } = this.#db
      .prepare("SELECT * FROM listed_tools WHERE server = ? AND tool = ?").get(server, tool) ?? {};
    return typeof names === "string" ? JSON.parse(names) : [];
  }

  /** Homes of the servers whose policies are known. */
  homes(): readonly (string | undefined)[] {
    if (!this.#has("policy_runs")) return [];
    return this.#db.prepare("SELECT DISTINCT home FROM policy_runs").all()
      .map(({ home }) => home === null ? undefined : String(home));
  }

  /** From now on every reading sees the log as it is at the first. */
  hold(): void {
    this.#db.exec("BEGIN");
    this.#isHeld = true;
  }

  /** The policies that were in force in a run, one after the other. */
  inForce(run: string): readonly PolicyInForce[] {
    if (!this.#has("policy_runs")) return [];
    return this.#db.prepare(
      "SELECT since_us, digest, cwd, home, at FROM policy_runs WHERE run = ? ORDER BY since_us",
    ).all(run).map(({ since_us, digest, cwd, home, at }) => ({
      digest: String(digest),
      sinceUs: Number(since_us),
      cwd: String(cwd),
      home: home === null ? undefined : String(home),
      at: Date.parse(String(at)),
    }));
  }

  /**
   * All rows that the filter asks about, and, where `withOthers`, the others (of the same run, where it
   * asks about an id), each run's in the order of its clock; as the log is when they begin.
   *
   * @throws {AuditError} when one of them cannot be read.
   */
  *rows(
    filter: ReplayFilter,
    withOthers: boolean,
  ): Generator<{ readonly row: ReplayRow; readonly isAskedFor: boolean }, void, void> {
    if (!this.#isHeld) this.#db.exec("BEGIN");
    try {
      yield* this.#rows(filter, withOthers);
    } finally {
      if (!this.#isHeld) this.#db.exec("COMMIT");
    }
  }

  *#rows(
    filter: ReplayFilter,
    withOthers: boolean,
  ): Generator<{ readonly row: ReplayRow; readonly isAskedFor: boolean }, void, void> {
    const newest = this.#newest(filter);
    const columns = REPLAY_COLUMNS.map((column) =>
      this.#present.has(column) ? column : `NULL AS ${column}`
    );
    const read = this.#db.prepare(
      `SELECT ${columns.join(", ")} FROM tool_invocations WHERE rowid = ?`,
    );
    for (const rowid of inOrder(this.#keys(filter, withOthers, newest))) {
      const row = read.get(rowid) as unknown as ReplayRow | undefined;
      if (row === undefined) continue;
      const isAskedFor = newest?.has(rowid) ?? passes(filter, row);
      if (isAskedFor || withOthers) yield { row, isAskedFor };
    }
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#db.close();
  }

  #has(table: string): boolean {
    return this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== undefined;
  }

  #one<T>(table: string, sql: string, value: string): T | undefined {
    return this.#has(table) ? this.#db.prepare(sql).get(value) as T | undefined : undefined;
  }

  /** Numbers of the newest rows that the filter asks about; undefined where it asks about all. */
  #newest(filter: ReplayFilter): ReadonlySet<number> | undefined {
    if (filter.limit === undefined) return undefined;
    const newest = new Set<number>();
    const all = this.#all<ReplayRow & { readonly rowid: number }>(
      "rowid, id, tool_name, server_name, timestamp",
      "ORDER BY timestamp DESC, rowid DESC",
    );
    for (const row of all) {
      if (newest.size >= filter.limit) break;
      if (passes(filter, row)) newest.add(Number(row.rowid));
    }
    return newest;
  }

  /** What tells the order of the rows that have to be read. */
  #keys(
    { id }: ReplayFilter,
    withOthers: boolean,
    newest: ReadonlySet<number> | undefined,
  ): Iterable<RowKey> {
    const [run, clock] = ["run", "mono_us"].map((name) => this.#present.has(name) ? name : "NULL");
    const columns = `rowid, ${run} AS run, ${clock} AS mono_us, session_id, id`;
    if (id !== undefined) {
      const isOf = `${run} IS (SELECT ${run} FROM tool_invocations WHERE id = ?)`;
      const where = withOthers ? isOf : "id = ?";
      return this.#all<RowKey>(columns, `WHERE ${where} ORDER BY rowid`, id);
    }
    if (newest === undefined || withOthers) return this.#all<RowKey>(columns, "ORDER BY rowid");
    const read = this.#db.prepare(`SELECT ${columns} FROM tool_invocations WHERE rowid = ?`);
    return [...newest].sort((a, b) => a - b).map((rowid) => read.get(rowid) as unknown as RowKey)
      .filter((key) => key !== undefined);
  }

  /** Rows one by one. `iterate` of Deno ends, and says nothing, where SQLite or a number has failed. */
  *#all<T>(columns: string, rest: string, ...values: readonly Value[]): Generator<T, void, void> {
    const { n } = this.#db.prepare(`SELECT count(*) AS n FROM tool_invocations ${rest}`)
      .get(...values)!;
    let count = 0;
    const rows = this.#db.prepare(`SELECT ${columns} FROM tool_invocations ${rest}`);
    for (const row of rows.iterate(...values)) {
      yield row as T;
      count++;
    }
    if (count < Number(n)) {
      const reason = `of ${n} rows only ${count} can be read`;
      throw new AuditError("unavailable", this.#path, reason);
    }
  }
}

/** Whether a row is one that the filter asks about, but for the limit. */
function passes(
  { tool, server, id, since, until }: ReplayFilter,
  row: Pick<ReplayRow, "tool_name" | "server_name" | "timestamp" | "id">,
): boolean {
  const at = Date.parse(row.timestamp);
  return (tool === undefined || row.tool_name === tool) &&
    (server === undefined || row.server_name === server) &&
    (id === undefined || row.id === id) &&
    !(since !== undefined && at < since.getTime()) &&
    !(until !== undefined && at >= until.getTime());
}

/**
 * The rows of the audit log in the order in which their calls came, for whoever decides them again.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { InvocationRow } from "./columns.ts";
import { openLog } from "./open_log.ts";

/** Columns that a replay reads: never the result, which no decision has seen. */
const COLUMNS = [
  ...["id", "timestamp", "agent_id", "session_id", "server_name", "tool_name", "arguments"],
  ...["status", "policy_hit", "outcome", "agent_version", "method", "latency_us", "shadow_hits"],
  ...["forwarded", "policy_decision", "policy_digest", "run", "session_calls", "mono_us", "facts"],
] as const;

/** A row as a replay reads it. */
export type ReplayRow = Pick<InvocationRow, typeof COLUMNS[number]>;

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
export interface ReplayFilter {
  readonly tool?: string | undefined;
  readonly server?: string | undefined;
  readonly since?: Date | undefined;
  /** Calls that began before then. */
  readonly until?: Date | undefined;
  /** The newest so many of them. */
  readonly limit?: number | undefined;
  readonly id?: string | undefined;
}

/** One reading connection, which changes nothing. */
export class ReplayReader implements Disposable {
  readonly #db: DatabaseSync;
  readonly #present: ReadonlySet<unknown>;

  /** @throws {AuditError} `missing` when there is no log, or why it cannot be read. */
  constructor(path: string) {
    const { db, present } = openLog(path);
    this.#db = db;
    this.#present = present;
  }

  /** Number of rows, and whether older ones were deleted. */
  size(): { readonly rows: number; readonly isPruned: boolean; readonly oldestMs: number } {
    const { n, first, oldest } = this.#db.prepare(
      `SELECT count(*) AS n, min(rowid) AS first, min(timestamp) AS oldest FROM tool_invocations`,
    ).get()!;
    return { rows: Number(n), isPruned: Number(first) > 1, oldestMs: Date.parse(String(oldest)) };
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
   * All rows that the filter asks about, and, where `withOthers`, those that came before them, each
   * run's in the order of its clock. A row that is deleted meanwhile is passed over.
   */
  *rows(
    filter: ReplayFilter,
    withOthers: boolean,
  ): Generator<{ readonly row: ReplayRow; readonly isAskedFor: boolean }, void, void> {
    const last = this.#lastOf(filter), isAskedFor = this.#asking(filter);
    const columns = COLUMNS.map((column) =>
      this.#present.has(column) ? column : `NULL AS ${column}`
    );
    const read = this.#db.prepare(
      `SELECT ${columns.join(", ")} FROM tool_invocations WHERE rowid = ?`,
    );
    for (const rowid of this.#order(last)) {
      const row = read.get(rowid) as unknown as ReplayRow | undefined;
      if (row === undefined) continue;
      const asked = isAskedFor(row, rowid);
      if (asked || withOthers) yield { row, isAskedFor: asked };
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

  /** The number of the last row that the filter asks about: nothing behind it is read. */
  #lastOf({ id }: ReplayFilter): number {
    if (id === undefined) return Infinity;
    const { rowid } = this.#db.prepare("SELECT rowid FROM tool_invocations WHERE id = ?").get(id) ??
      {};
    return Number(rowid ?? 0);
  }

  /** Says whether a row passes the filter. */
  #asking(filter: ReplayFilter): (row: ReplayRow, rowid: number) => boolean {
    const { tool, server, id } = filter;
    const since = filter.since?.getTime() ?? -Infinity, until = filter.until?.getTime() ?? Infinity;
    const passes = (row: Pick<ReplayRow, "tool_name" | "server_name" | "timestamp" | "id">) => {
      const at = Date.parse(row.timestamp);
      return (tool === undefined || row.tool_name === tool) &&
        (server === undefined || row.server_name === server) &&
        (id === undefined || row.id === id) && !(at < since) && !(at >= until);
    };
    if (filter.limit === undefined) return passes;
    const newest = new Set<number>();
    const all = this.#db.prepare(
      `SELECT rowid, id, tool_name, server_name, timestamp FROM tool_invocations
       ORDER BY timestamp DESC, rowid DESC`,
    ).iterate();
    for (const row of all) {
      if (newest.size >= filter.limit) break;
      if (passes(row as unknown as ReplayRow)) newest.add(Number(row.rowid));
    }
    return (_row, rowid) => newest.has(rowid);
  }

  /**
   * Numbers of the rows, in their order. The rows of a run are put in the order of its clock: what was
   * spilled comes late. Each run keeps its places among the others.
   */
  #order(last: number): Float64Array {
    const clock = ["run", "mono_us"].map((column) => this.#present.has(column) ? column : "NULL");
    const keys: StatementSync = this.#db.prepare(
      `SELECT rowid, ${clock[0]} AS run, ${clock[1]} AS mono_us, session_id, id
       FROM tool_invocations ORDER BY rowid`,
    );
    const order = new Keys();
    for (const { rowid, run, mono_us, session_id, id } of keys.iterate()) {
      if (Number(rowid) > last) break;
      const key = run === null ? `session ${session_id}` : String(run);
      order.add(Number(rowid), key, run === null ? orderOf(String(id)) : Number(mono_us));
    }
    return order.sorted();
  }
}

/** Rows and their places in time. */
class Keys {
  #rowids = new Float64Array(1024);
  #times = new Float64Array(1024);
  #groups = new Int32Array(1024);
  #size = 0;
  readonly #byName = new Map<string, number>();
  /** The latest time of each group so far; those that go back are put in order. */
  readonly #latest: number[] = [];
  readonly #unordered = new Set<number>();

  add(rowid: number, name: string, time: number): void {
    if (this.#size === this.#rowids.length) this.#grow();
    let group = this.#byName.get(name);
    if (group === undefined) {
      this.#byName.set(name, group = this.#latest.length);
      this.#latest.push(-Infinity);
    }
    if (time < this.#latest[group]!) this.#unordered.add(group);
    // A row without a place in time stays where it is.
    const at = Number.isNaN(time) ? this.#latest[group]! : time;
    this.#latest[group] = Math.max(this.#latest[group]!, at);
    this.#rowids[this.#size] = rowid;
    this.#times[this.#size] = at;
    this.#groups[this.#size++] = group;
  }

  sorted(): Float64Array {
    const rowids = this.#rowids.slice(0, this.#size);
    for (const group of this.#unordered) {
      const places: number[] = [];
      for (let i = 0; i < this.#size; i++) if (this.#groups[i] === group) places.push(i);
      const sorted = places.toSorted((a, b) => this.#times[a]! - this.#times[b]! || a - b);
      sorted.forEach((from, n) => rowids[places[n]!] = this.#rowids[from]!);
    }
    return rowids;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Int32Array>(old: T, array: T): T => {
      array.set(old);
      return array;
    };
    const size = 2 * this.#size;
    this.#rowids = grown(this.#rowids, new Float64Array(size));
    this.#times = grown(this.#times, new Float64Array(size));
    this.#groups = grown(this.#groups, new Int32Array(size));
  }
}

/** The place in time that an id tells, if it is a UUID of version 7; else NaN. */
function orderOf(id: string): number {
  const [, high, low, count] = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-/.exec(id) ?? [];
  if (high === undefined) return NaN;
  // Of the milliseconds, so many as leave room for the counter.
  return (parseInt(high + low, 16) - EPOCH_MS) * 4096 + parseInt(count!, 16);
}

const EPOCH_MS = Date.UTC(2020);

/**
 * Reads the fleet's log from PostgreSQL, in batches that are bounded in rows and bytes.
 *
 * @module
 */

import { INVOCATION_COLUMNS } from "../../audit/invocation.ts";
import type { Value } from "../../audit/columns.ts";
import { FLEET_COLUMNS } from "../log/columns.ts";
import { FleetConnection } from "../log/connection.ts";
import type { ConnectionOptions } from "../log/destination.ts";
import { FleetFault } from "../log/fault_words.ts";
import { READER_ROLE } from "../log/schema.ts";

/** Bounds of a batch: whichever is reached first; its first row always fits. */
export const READ_BATCH = Object.freeze({ rows: 5000, bytes: 4 * 1024 * 1024 });

/** A log of the fleet, and how far it was shipped. */
export interface ShippedSource {
  readonly source: string;
  readonly host: string;
  /** Everything up to this change is there. */
  readonly shipped: number;
  /** RFC 3339. */
  readonly shippedAt: string;
}

/** A call as it is there. */
export interface FleetCall {
  /** The log that it came from. */
  readonly source: string;
  /** What its machine is called. */
  readonly host: string;
  readonly change: number;
  /** When it began, microseconds since the epoch. */
  readonly startedUs: number;
  /** In the order of {@link INVOCATION_COLUMNS}. */
  readonly values: readonly Value[];
}

/** Some calls. */
export interface FleetCalls {
  readonly calls: readonly FleetCall[];
  /** How many there were before the bound of bytes cut them. */
  readonly found: number;
}

/** What of a log is asked for. */
export interface AskedChanges {
  readonly source: string;
  /** The change after which, … */
  readonly after: number;
  /** … and up to which. */
  readonly upTo: number;
}

/** Columns before those of the log: what is said of the batch, and of a row. */
const AHEAD = ["found", "source", "host", "change", "started_us"] as const;

/** A time as a number, and a number as a time; both are exact. */
const STARTED_US = "(extract(epoch FROM started_at) * 1000000)::bigint AS started_us";
const timeOf = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

/** What payloads weigh is known without reading them. */
const BYTES = "coalesce(octet_length(arguments), 0) + coalesce(octet_length(result), 0) + 500";

/**
 * Of many rows the first are wanted, which an index has in their order. PostgreSQL would rather sort all
 * that a machine has shipped in a day, and compile a program for it.
 */
const BY_INDEX_SQL =
  "SET enable_sort = off; SET enable_seqscan = off; SET enable_bitmapscan = off; SET jit = off";

/** The first rows, as far as they are within the bound of bytes. */
function boundedSql(rows: string, order: string): string {
  return `SELECT ${[...AHEAD, ...INVOCATION_COLUMNS].join(", ")}
    FROM (SELECT *, count(*) OVER () AS found, sum(bytes) OVER (ORDER BY place) - bytes AS before
      FROM (SELECT *, ${STARTED_US}, ${BYTES} AS bytes, row_number() OVER (ORDER BY ${order}) AS place
        FROM ${rows}) AS placed) AS weighed
    WHERE before < ${READ_BATCH.bytes} ORDER BY place`;
}

/** The first changes of each log that is asked for, log by log. */
const CHANGED_SQL = boundedSql(
  `unnest($1::uuid[], $2::bigint[], $3::bigint[])
      WITH ORDINALITY AS asked (asked_source, after, up_to, n)
    CROSS JOIN LATERAL (SELECT * FROM agentgate.calls
      WHERE source = asked_source AND change > after AND change <= up_to AND started_at >= ${
    timeOf("$4")
  }
      ORDER BY change LIMIT $5) AS changes`,
  "n, change",
);

/** What was completed under the name of another log: its changes are beyond those of its own. */
const STRAY_SQL = boundedSql(
  `(SELECT source AS asked_source, shipped_change FROM agentgate.sources) AS asked
    CROSS JOIN LATERAL (SELECT * FROM agentgate.calls
      WHERE source = asked_source AND change > shipped_change AND started_at >= ${timeOf("$1")}
      ORDER BY change LIMIT ${READ_BATCH.rows}) AS strays`,
  "source, change",
);

const PAST_ORDER = "started_at DESC, id DESC";

/** The newest calls for which something holds. */
function pastSql(where: string): string {
  const rows = `SELECT * FROM agentgate.calls WHERE started_at >= ${timeOf("$1")} ${where}
    ORDER BY ${PAST_ORDER} LIMIT ${READ_BATCH.rows}`;
  return boundedSql(`(${rows}) AS newest`, PAST_ORDER);
}

const NEWEST_SQL = pastSql("");
const PAST_SQL = pastSql(
  `AND started_at <= ${timeOf("$2")} AND (started_at, id) < (${timeOf("$2")}, $3)`,
);

/** Reads over one connection. What it throws, `faultWords` puts into words. */
export class CallsReader implements AsyncDisposable {
  readonly #connection: FleetConnection;
  readonly #place: Pick<ConnectionOptions, "user" | "database">;

  private constructor(
    connection: FleetConnection,
    place: Pick<ConnectionOptions, "user" | "database">,
  ) {
    this.#connection = connection;
    this.#place = place;
  }

  /** Connects. @throws {FleetFault} also when the tables are too old, or may not be read. */
  static async connect(options: ConnectionOptions): Promise<CallsReader> {
    const connection = await FleetConnection.open(options);
    const reader = new CallsReader(connection, options);
    try {
      await reader.#readable(() => connection.checkSchema());
      await connection.query(BY_INDEX_SQL);
    } catch (fault) {
      await reader[Symbol.asyncDispose]();
      throw fault;
    }
    return reader;
  }

  /** Whether the connection has ended. */
  get isOver(): boolean {
    return this.#connection.isOver;
  }

  /** Every log that ships. */
  async sources(): Promise<ShippedSource[]> {
    const { rows } = await this.#readable(() =>
      this.#connection.query(
        "SELECT source, host, shipped_change, shipped_at FROM agentgate.sources",
      )
    );
    return rows.map(({ source, host, shipped_change, shipped_at }) => ({
      ...{ source, host, shipped: Number(shipped_change) },
      shippedAt: shipped_at.toISOString(),
    }));
  }

  /**
   * What has changed of some logs, log by log and in the order of their changes.
   *
   * @param rows At most so many of each log.
   * @param bound None of the calls that began before it, in microseconds since the epoch.
   */
  async changed(asked: readonly AskedChanges[], rows: number, bound: number): Promise<FleetCalls> {
    const lists = [
      ...[asked.map(({ source }) => source), asked.map(({ after }) => after)],
      asked.map(({ upTo }) => upTo),
    ];
    return await this.#calls(CHANGED_SQL, [...lists, bound, rows]);
  }

  /**
   * Calls that were completed by another log than the one that they came from: a log that was replaced by
   * a copy of itself ships as another one.
   */
  async strays(bound: number): Promise<FleetCalls> {
    return await this.#calls(STRAY_SQL, [bound]);
  }

  /**
   * The newest calls before a place, newest first; none from before `bound`.
   *
   * @param floor A time, and the id of a call that began then; null for the newest of all.
   */
  async past(
    floor: { readonly startedUs: number; readonly id: string } | null,
    bound: number,
  ): Promise<FleetCalls> {
    if (floor === null) return await this.#calls(NEWEST_SQL, [bound]);
    return await this.#calls(PAST_SQL, [bound, floor.startedUs, floor.id]);
  }

  /** Ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  async #calls(sql: string, values: readonly unknown[]): Promise<FleetCalls> {
    const rows = await this.#readable(() => this.#connection.texts(sql, values));
    return { calls: rows.map(toCall), found: Number(rows[0]?.[0] ?? 0) };
  }

  /** Says what to do when this user may not read. */
  async #readable<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      if ((fault as { code?: unknown }).code !== "42501") throw fault;
      const { user, database } = this.#place;
      throw new FleetFault(
        `${user} may not read records in ${database}; make it a member of ${READER_ROLE}, or ` +
          "name another user in [fleet] reader",
      );
    }
  }
}

const IS_NUMBER = FLEET_COLUMNS.map(({ type }) => type === "bigint");

function toCall(row: readonly (string | null)[]): FleetCall {
  const values: Value[] = new Array(IS_NUMBER.length);
  for (let n = 0; n < values.length; n++) {
    const text = row[n + AHEAD.length]!;
    values[n] = text !== null && IS_NUMBER[n] ? Number(text) : text;
  }
  const [, source, host, change, startedUs] = row;
  return {
    ...{ source: source!, host: host!, change: Number(change), startedUs: Number(startedUs) },
    values,
  };
}

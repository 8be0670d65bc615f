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
import { READER_ROLE, READER_SCHEMA_VERSION } from "../log/schema.ts";

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
  /** Whether there are more of what was asked for. */
  readonly isCut: boolean;
}

/** Columns before those of the log: what is said of the batch, and of a row. */
const AHEAD = 4;

/** A time as a number, and a number as a time; both are exact. */
const STARTED_US = "(extract(epoch FROM started_at) * 1000000)::bigint";
const timeOf = (parameter: string) =>
  `timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond'`;

/** What payloads weigh is known without reading them. */
const BYTES = `coalesce(octet_length(arguments), 0) + coalesce(octet_length(result), 0) + 500`;

/** The first rows of an order that are within the bounds. */
function batchSql(where: string, order: string): string {
  return `SELECT found, host, change, started_us, ${INVOCATION_COLUMNS.join(", ")}
    FROM (SELECT *, count(*) OVER () AS found, sum(bytes) OVER (ORDER BY place) - bytes AS before
      FROM (SELECT *, ${STARTED_US} AS started_us, ${BYTES} AS bytes,
          row_number() OVER (ORDER BY ${order}) AS place
        FROM agentgate.calls WHERE ${where} ORDER BY ${order} LIMIT ${READ_BATCH.rows}) AS first
      ) AS weighed
    WHERE before < ${READ_BATCH.bytes} ORDER BY place`;
}

const CHANGED_SQL = batchSql(
  `source = $1 AND change > $2 AND change <= $3 AND started_at >= ${timeOf("$4")}`,
  "change",
);

const PAST_SQL = batchSql(
  `started_at >= ${timeOf("$1")} AND started_at <= ${timeOf("$2")}
    AND (started_at, id) < (${timeOf("$2")}, $3)`,
  "started_at DESC, id DESC",
);

const NEWEST_SQL = batchSql(`started_at >= ${timeOf("$1")}`, "started_at DESC, id DESC");

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
      await reader.#readable(() => connection.checkSchema(READER_SCHEMA_VERSION));
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

  /** What has changed of a log after a change, up to another, in that order; none from before `bound`. */
  async changed(source: string, after: number, upTo: number, bound: number): Promise<FleetCalls> {
    return await this.#calls(CHANGED_SQL, [source, after, upTo, bound]);
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
    const found = Number(rows[0]?.[0] ?? 0);
    return {
      calls: rows.map(toCall),
      isCut: found === READ_BATCH.rows || found > rows.length,
    };
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
    const text = row[n + AHEAD]!;
    values[n] = text !== null && IS_NUMBER[n] ? Number(text) : text;
  }
  return { host: row[1]!, change: Number(row[2]), startedUs: Number(row[3]), values };
}

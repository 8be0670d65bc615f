/**
 * One connection to the fleet's PostgreSQL, and what is done over it.
 *
 * @module
 */

import pg from "pg";
import { UsageError } from "../../errors.ts";
import { ADD_SQL, BY_KEY_SQL, COMPLETE_SQL, COPY_SQL, STAGING_SQL } from "./batch_sql.ts";
import { CopyIn } from "./copy_in.ts";
import { type ConnectionOptions, connectionOptions, type Destination } from "./destination.ts";
import { faultWords, FleetFault, oldSchema } from "./fault_words.ts";
import { FLEET_SCHEMA_VERSION, fleetSchemaSql } from "./schema.ts";
import type { WaitingRows } from "./waiting_rows.ts";

/** Times that are waited for at most, in milliseconds. */
const WAIT_MS = Object.freeze({
  connect: 10_000,
  /** For an answer. */
  query: 60_000,
  /** What PostgreSQL waits for us within a transaction: a machine that fell asleep holds its row's lock. */
  transaction: 30_000,
  end: 1000,
});

/** A log as the fleet knows it. */
export interface Source {
  /** A UUID. */
  readonly id: string;
  /** What its machine is called. */
  readonly host: string;
}

/** Result of a query. */
interface Result {
  // deno-lint-ignore no-explicit-any
  readonly rows: any[];
  /** Rows that were added or changed. */
  readonly rowCount: number | null;
}

/** The library's client, as far as it is used. */
interface Client {
  connect(): Promise<void>;
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
  query(copy: CopyIn): unknown;
  end(): Promise<void>;
  on(event: "error", listener: (fault: Error) => void): void;
}

/** Connected. What it throws, `faultWords` puts into words. */
export class FleetDatabase implements AsyncDisposable {
  readonly #client: Client;
  readonly #days = new Set<string>();
  /** Whether the connection has ended. */
  isOver = false;

  private constructor(client: Client) {
    this.#client = client;
    // Whoever runs a query hears of a fault as well.
    client.on("error", () => this.isOver = true);
  }

  /** Connects. */
  static async connect(options: ConnectionOptions): Promise<FleetDatabase> {
    const client = new pg.Client({
      ...options,
      application_name: "agentgate",
      connectionTimeoutMillis: WAIT_MS.connect,
      query_timeout: WAIT_MS.query,
      idle_in_transaction_session_timeout: WAIT_MS.transaction,
      keepAlive: true,
    }) as Client;
    const database = new FleetDatabase(client);
    await client.connect();
    return database;
  }

  /** Makes the schema, or brings it up to date. */
  async migrate(): Promise<void> {
    try {
      await this.#client.query(fleetSchemaSql());
    } catch (fault) {
      if ((fault as { code?: unknown }).code !== "42501") throw fault;
      throw new FleetFault(
        "this user may not create schemas and roles; give one who may: --postgres",
      );
    }
  }

  /** @throws {FleetFault} when it is not one that this AgentGate can write to. */
  async checkSchema(): Promise<void> {
    try {
      const { rows } = await this.#client.query(
        "SELECT max(version) AS version FROM agentgate.schema_version",
      );
      const version: number | null = rows[0].version;
      if (version === null || version < FLEET_SCHEMA_VERSION) throw oldSchema(version);
    } catch (fault) {
      const { code } = fault as { code?: unknown };
      throw code === "42P01" || code === "3F000" ? oldSchema(null) : fault;
    }
  }

  /** The mark of a log: the last of its changes that is here; 0 for a log that is new. */
  async markOf({ id, host }: Source): Promise<number> {
    const { rows } = await this.#client.query(
      `INSERT INTO agentgate.sources (source, host) VALUES ($1, $2)
       ON CONFLICT (source) DO UPDATE SET host = EXCLUDED.host RETURNING shipped_change`,
      [id, host],
    );
    return Number(rows[0].shipped_change);
  }

  /**
   * Stores rows and moves the mark, both or neither.
   *
   * @returns The mark; when it was not where the rows begin, another has shipped, and nothing is stored.
   */
  async ship(source: Source, rows: WaitingRows): Promise<number> {
    const client = this.#client;
    await this.#prepareDays(rows.days);
    await client.query("BEGIN");
    try {
      const mark = await this.#lockMark(source);
      if (mark !== rows.after) {
        await client.query("ROLLBACK");
        return mark;
      }
      if (rows.count > 0) await this.#store(source, rows);
      await client.query(
        "UPDATE agentgate.sources SET shipped_change = $2, shipped_at = now() WHERE source = $1",
        [source.id, rows.mark],
      );
      await client.query("COMMIT");
      return rows.mark;
    } catch (fault) {
      await client.query("ROLLBACK").catch(() => {});
      throw fault;
    }
  }

  /** Ends the connection; one that nobody answers on any more is left to itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, WAIT_MS.end);
    await Promise.race([this.#client.end().catch(() => {}), late]);
    clearTimeout(timer);
  }

  /** Adds the rows that are new, and completes those that are there. */
  async #store({ id, host }: Source, { text, count }: WaitingRows): Promise<void> {
    const client = this.#client, copy = new CopyIn(COPY_SQL, text);
    await client.query(STAGING_SQL);
    client.query(copy);
    await copy.done;
    const { rowCount } = await client.query(ADD_SQL, [id, host]);
    if (rowCount === count) return;
    await client.query(BY_KEY_SQL);
    await client.query(COMPLETE_SQL);
  }

  async #lockMark({ id }: Source): Promise<number> {
    const { rows } = await this.#client.query(
      "SELECT shipped_change FROM agentgate.sources WHERE source = $1 FOR UPDATE",
      [id],
    );
    if (rows[0] === undefined) throw new Error("the row of this log in agentgate.sources is gone");
    return Number(rows[0].shipped_change);
  }

  /** Outside of the transaction that stores: others may want the same day. */
  async #prepareDays(days: readonly string[]): Promise<void> {
    for (const day of days) {
      if (this.#days.has(day)) continue;
      await this.#client.query("SELECT agentgate.prepare_day($1)", [day]);
      this.#days.add(day);
    }
  }
}

/**
 * Does something over a connection of its own.
 *
 * @throws {UsageError} with what is wrong with the address, or what PostgreSQL has against it.
 */
export async function withFleetDatabase<T>(
  destination: Destination,
  work: (database: FleetDatabase) => Promise<T>,
): Promise<T> {
  const options = connectionOptions(destination);
  try {
    await using database = await FleetDatabase.connect(options);
    return await work(database);
  } catch (fault) {
    throw new UsageError(`PostgreSQL: ${faultWords(fault, options)}`, 1);
  }
}

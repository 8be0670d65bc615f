/**
 * What is written to the fleet's PostgreSQL, over one connection.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { ADD_SQL, BY_KEY_SQL, COMPLETE_SQL, COPY_SQL, STAGING_SQL } from "./batch_sql.ts";
import { FleetConnection } from "./connection.ts";
import { CopyIn } from "./copy_in.ts";
import { type ConnectionOptions, connectionOptions, type Destination } from "./destination.ts";
import { faultWords, FleetFault } from "./fault_words.ts";
import { fleetSchemaSql, SHIPPER_SCHEMA_VERSION } from "./schema.ts";
import type { WaitingRows } from "./waiting_rows.ts";

/** A log as the fleet knows it. */
export interface Source {
  /** A UUID. */
  readonly id: string;
  /** What its machine is called. */
  readonly host: string;
}

/** Connected. What it throws, `faultWords` puts into words. */
export class FleetDatabase implements AsyncDisposable {
  readonly #connection: FleetConnection;
  readonly #days = new Set<string>();

  private constructor(connection: FleetConnection) {
    this.#connection = connection;
  }

  /** Connects. */
  static async connect(options: ConnectionOptions): Promise<FleetDatabase> {
    return new FleetDatabase(await FleetConnection.open(options));
  }

  /** Whether the connection has ended. */
  get isOver(): boolean {
    return this.#connection.isOver;
  }

  /** Makes the schema, or brings it up to date. */
  async migrate(): Promise<void> {
    try {
      await this.#connection.script(fleetSchemaSql());
    } catch (fault) {
      if ((fault as { code?: unknown }).code !== "42501") throw fault;
      throw new FleetFault(
        "this user may not create schemas and roles; give one who may: --postgres",
      );
    }
  }

  /** @throws {FleetFault} when it is not one that this AgentGate can write to. */
  async checkSchema(): Promise<void> {
    await this.#connection.checkSchema(SHIPPER_SCHEMA_VERSION);
  }

  /** The mark of a log: the last of its changes that is here; 0 for a log that is new. */
  async markOf({ id, host }: Source): Promise<number> {
    const { rows } = await this.#connection.query(
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
    const client = this.#connection;
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

  /** Ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** Adds the rows that are new, and completes those that are there. */
  async #store({ id, host }: Source, { text, count }: WaitingRows): Promise<void> {
    const client = this.#connection;
    await client.query(STAGING_SQL);
    await client.copy(new CopyIn(COPY_SQL, text));
    const { rowCount } = await client.query(ADD_SQL, [id, host]);
    if (rowCount === count) return;
    await client.query(BY_KEY_SQL);
    await client.query(COMPLETE_SQL);
  }

  async #lockMark({ id }: Source): Promise<number> {
    const { rows } = await this.#connection.query(
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
      await this.#connection.query("SELECT agentgate.prepare_day($1)", [day]);
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
  return await orSaid(destination, async (options) => {
    await using database = await FleetDatabase.connect(options);
    return await work(database);
  });
}

/**
 * Does something with an address.
 *
 * @throws {UsageError} with what is wrong with it, or what PostgreSQL has against it.
 */
export async function orSaid<T>(
  destination: Destination,
  work: (options: ConnectionOptions) => Promise<T>,
): Promise<T> {
  const options = connectionOptions(destination);
  try {
    return await work(options);
  } catch (fault) {
    throw new UsageError(`PostgreSQL: ${faultWords(fault, options)}`, 1);
  }
}

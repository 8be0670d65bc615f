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
import { faultWords, FleetFault, otherLogin, wrongEncoding } from "./fault_words.ts";
import { fleetSchemaSql } from "./schema.ts";
import type { Mark, WaitingRows } from "./waiting_rows.ts";

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
    await this.#checkEncoding();
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
    await this.#checkEncoding();
    await this.#connection.checkSchema();
  }

  /** The mark of a log; makes its row here, or takes over one that no login has made its own. */
  async markOf({ id, host }: Source): Promise<Mark> {
    return await this.#connection.transaction(async () => {
      const { rows: others } = await this.#connection.query(
        "SELECT login FROM agentgate.sources WHERE source = $1 AND login <> session_user",
        [id],
      );
      if (others[0] !== undefined) throw otherLogin(id, others[0].login);
      const { rows } = await this.#connection.query(
        `INSERT INTO agentgate.sources (source, host) VALUES ($1, $2) ON CONFLICT (source)
         DO UPDATE SET host = EXCLUDED.host, login = EXCLUDED.login RETURNING ${MARK_COLUMNS}`,
        [id, host],
      );
      return toMark(rows[0]);
    });
  }

  /**
   * Stores rows and moves the mark, both or neither.
   *
   * @returns The mark; when it was not where the rows begin, another has shipped, and nothing is stored.
   */
  async ship(source: Source, rows: WaitingRows): Promise<Mark> {
    await this.#prepareDays(rows.days);
    return await this.#connection.transaction(async () => {
      const mark = await this.#lockMark(source);
      if (mark.change !== rows.after) return mark;
      if (rows.count > 0) await this.#store(source, rows);
      await this.#connection.query(
        `UPDATE agentgate.sources SET shipped_change = $2, newest_id = $3, shipped_at = now()
         WHERE source = $1`,
        [source.id, rows.mark.change, rows.mark.newest],
      );
      return rows.mark;
    });
  }

  /** Ends the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]();
  }

  /** Texts of agents are Unicode: one that an encoding has no bytes for would be in the way for ever. */
  async #checkEncoding(): Promise<void> {
    const { rows } = await this.#connection.query(
      "SELECT current_database() AS name, current_setting('server_encoding') AS encoding",
    );
    const { name, encoding } = rows[0];
    if (!["UTF8", "SQL_ASCII"].includes(encoding)) throw wrongEncoding(name, encoding);
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

  async #lockMark({ id }: Source): Promise<Mark> {
    const { rows } = await this.#connection.query(
      `SELECT ${MARK_COLUMNS} FROM agentgate.sources WHERE source = $1 FOR UPDATE`,
      [id],
    );
    if (rows[0] === undefined) throw new Error("the row of this log in agentgate.sources is gone");
    return toMark(rows[0]);
  }

  /** Outside of the transaction that stores: others may want the same day. */
  async #prepareDays(days: readonly string[]): Promise<void> {
    for (const day of days) {
      if (this.#days.has(day)) continue;
      await this.#connection.transaction(() =>
        this.#connection.query("SELECT agentgate.prepare_day($1)", [day])
      );
      this.#days.add(day);
    }
  }
}

const MARK_COLUMNS = "shipped_change, newest_id";

function toMark(row: { readonly shipped_change: string; readonly newest_id: string | null }): Mark {
  return { change: Number(row.shipped_change), newest: row.newest_id };
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

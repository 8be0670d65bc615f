/**
 * One connection to the fleet's PostgreSQL.
 *
 * @module
 */

import pg from "pg";
import { waitAtMost } from "../../wait_at_most.ts";
import type { CopyIn } from "./copy_in.ts";
import type { ConnectionOptions } from "./destination.ts";
import { oldSchema } from "./fault_words.ts";
import { FLEET_SCHEMA_VERSION } from "./schema.ts";

/** Times that are waited for at most, in milliseconds. */
const WAIT_MS = Object.freeze({
  connect: 10_000,
  /** For an answer. */
  query: 60_000,
  /** The same to a script, which may wait for who reads, or have an index to build. */
  script: 3_600_000,
  end: 1000,
});

/**
 * Begins a transaction within bounds that PostgreSQL keeps by itself: what we have given up would go on
 * there, wait for a lock with each try once more, or hold those of a machine that fell asleep. They
 * stand here and not in the connection's options, which poolers refuse; and whatever bounds the user has.
 */
const BEGIN_SQL = `BEGIN ISOLATION LEVEL READ COMMITTED;
  SET LOCAL statement_timeout = '50s'; SET LOCAL lock_timeout = '10s';
  SET LOCAL idle_in_transaction_session_timeout = '30s'`;

/** Result of a query. */
export interface Result {
  // deno-lint-ignore no-explicit-any
  readonly rows: any[];
  /** Rows that were added or changed. */
  readonly rowCount: number | null;
}

/** The library's client, as far as it is used. */
interface Client {
  connect(): Promise<void>;
  query(sql: string, values?: readonly unknown[]): Promise<Result>;
  query(query: RawQuery): Promise<Result>;
  query(script: { readonly text: string; readonly query_timeout: number }): Promise<Result>;
  query(copy: CopyIn): unknown;
  end(): Promise<void>;
  on(event: "error", listener: (fault: Error) => void): void;
  readonly connection: { readonly stream: { destroy(fault: unknown): void } };
}

/** A query as the library takes it. */
interface RawQuery {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rowMode: "array";
  readonly types: { readonly getTypeParser: () => (text: string) => string };
}

/** What PostgreSQL sends is taken as it is. */
const TEXTS: RawQuery["types"] = { getTypeParser: () => (text) => text };

/** Connected. What it throws, `faultWords` puts into words. */
export class FleetConnection implements AsyncDisposable {
  readonly #client: Client;
  /** What the library cannot read, it throws at nobody: it comes from whoever is at the other end. */
  readonly #onUncaught = (event: ErrorEvent): void => {
    event.preventDefault();
    this.#client.connection.stream.destroy(event.error);
  };
  /** Whether the connection has ended. */
  isOver = false;

  private constructor(client: Client) {
    this.#client = client;
    // Whoever runs a query hears of a fault as well.
    client.on("error", () => this.isOver = true);
    addEventListener("error", this.#onUncaught);
  }

  /** Connects. */
  static async open(options: ConnectionOptions): Promise<FleetConnection> {
    const client = new pg.Client({
      ...options,
      application_name: "agentgate",
      connectionTimeoutMillis: WAIT_MS.connect,
      query_timeout: WAIT_MS.query,
      keepAlive: true,
    }) as Client;
    const connection = new FleetConnection(client);
    try {
      await client.connect();
    } catch (fault) {
      await connection[Symbol.asyncDispose]();
      throw fault;
    }
    return connection;
  }

  /** Runs a query. */
  async query(sql: string, values?: readonly unknown[]): Promise<Result> {
    return await this.#client.query(sql, values);
  }

  /** Does something in a transaction: all of it or nothing. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.query(BEGIN_SQL);
    try {
      const result = await work();
      await this.query("COMMIT");
      return result;
    } catch (fault) {
      await this.query("ROLLBACK").catch(() => {});
      throw fault;
    }
  }

  /** Runs statements that may take long. */
  async script(text: string): Promise<void> {
    await this.#client.query({ text, query_timeout: WAIT_MS.script });
  }

  /** Rows as lists of the texts that PostgreSQL sends; null for null. */
  async texts(text: string, values: readonly unknown[]): Promise<(string | null)[][]> {
    const { rows } = await this.#client.query({ text, values, rowMode: "array", types: TEXTS });
    return rows;
  }

  /** Runs a COPY. */
  async copy(copy: CopyIn): Promise<void> {
    this.#client.query(copy);
    await copy.done;
  }

  /** @throws {FleetFault} when the tables are of an older version than this AgentGate needs. */
  async checkSchema(): Promise<void> {
    try {
      const { rows } = await this.query(
        "SELECT max(version) AS version FROM agentgate.schema_version",
      );
      const version: number | null = rows[0].version;
      if (version === null || version < FLEET_SCHEMA_VERSION) throw oldSchema(version);
    } catch (fault) {
      const { code } = fault as { code?: unknown };
      throw code === "42P01" || code === "3F000" ? oldSchema(null) : fault;
    }
  }

  /** Ends the connection; one that nobody answers on any more is left to itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    await waitAtMost(WAIT_MS.end, this.#client.end().catch(() => {}));
    removeEventListener("error", this.#onUncaught);
  }
}

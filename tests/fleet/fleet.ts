/** A log that is shipped to a real PostgreSQL, both of a test's own. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  logFileMark,
  readShippingState,
  type ShippingState,
} from "../../src/audit/shipping_state.ts";
import { connectionOptions } from "../../src/fleet/log/destination.ts";
import { FleetDatabase } from "../../src/fleet/log/fleet_database.ts";
import { FLEET_COLUMNS } from "../../src/fleet/log/columns.ts";
import { Shipping } from "../../src/fleet/log/shipping.ts";
import type { ShippingSettings } from "../../src/fleet/log/shipper.ts";
import { lastChange, LogSource } from "../../src/web/log_source.ts";
import { allRows, MemoryLog, withDatabasePath } from "../audit/support.ts";
import { type Postgres, type PostgresSetup, TEST_PASSWORD, withPostgres } from "./postgres.ts";

/** The user that gateways of these tests log in as. */
export const GATE = "gate";

/** An engine with the schema and a gateway's user, and a path for a log. */
export interface Fleet {
  readonly postgres: Postgres;
  readonly dbPath: string;
  /** What the log is shipped with. */
  readonly settings: ShippingSettings;
}

/** Runs `use` with an engine that `fleet migrate` has prepared. */
export async function withFleet(
  setup: PostgresSetup,
  use: (fleet: Fleet) => Promise<void>,
): Promise<void> {
  await withPostgres(setup, (postgres) =>
    withDatabasePath(async (dbPath) => {
      await migrate(postgres.address());
      await addGate(postgres);
      const destination = { address: postgres.address(GATE), caFile: undefined };
      await use({ postgres, dbPath, settings: { dbPath, destination, host: "laptop" } });
    }));
}

/** Makes the schema. */
export async function migrate(address: string): Promise<void> {
  await using database = await FleetDatabase.connect(
    connectionOptions({ address, caFile: undefined }),
  );
  await database.migrate();
}

/** Makes the user that gateways log in as. */
export async function addGate(postgres: Postgres): Promise<void> {
  await postgres.query(
    `CREATE ROLE ${GATE} LOGIN PASSWORD '${TEST_PASSWORD}' IN ROLE agentgate_shipper`,
  );
}

/** Runs `use` while the log is shipped. */
export async function withShipping(
  settings: ShippingSettings,
  use: (log: MemoryLog) => Promise<void>,
): Promise<void> {
  const log = new MemoryLog();
  using _shipping = new Shipping(settings, log);
  await use(log);
}

/** Resolves when nothing of the log waits any more. */
export async function shipped(dbPath: string): Promise<ShippingState> {
  using source = new LogSource(dbPath);
  using changes = Deno.watchFs(dirname(dbPath));
  const done = () => {
    const state = readShippingState(dbPath);
    const isDone = state?.fault === null && state.shipped === source.read(lastChange) &&
      state.file === logFileMark(dbPath);
    return isDone ? state : undefined;
  };
  let state = done();
  if (state !== undefined) return state;
  for await (const _ of changes) {
    state = done();
    if (state !== undefined) return state;
  }
  throw new Error("the folder is watched no more");
}

const COLUMNS = FLEET_COLUMNS.map(({ name }) => name);

/** The rows there are those here, of one log or of several, each once. Gives their number. */
export async function assertSame(
  { postgres, dbPath }: Pick<Fleet, "postgres" | "dbPath">,
  logs: readonly string[] = [dbPath],
): Promise<number> {
  const there = await postgres.query(
    `SELECT ${COLUMNS.join(", ")} FROM agentgate.calls ORDER BY id, change`,
  );
  const rows = (await Promise.all(logs.map((log) => allRows(log)))).flat();
  const here = rows.map((row) => COLUMNS.map((name) => row[name]));
  here.sort((a, b) => `${a[0]}` < `${b[0]}` ? -1 : 1);
  assert.deepEqual(there.map((row) => COLUMNS.map((name) => row[name])), here);
  return here.length;
}

/**
 * `agentgate fleet`: one audit log of many machines.
 *
 * @module
 */

import { type Config, loadConfig } from "../config/config.ts";
import { UsageError } from "../errors.ts";
import { fleetSchemaSql } from "../fleet/log/schema.ts";
import { LogSource, LogUnavailable } from "../web/log_source.ts";
import { shippingProgress } from "../web/shipping_progress.ts";
import type { GlobalOptions } from "./options.ts";
import { print } from "./output.ts";

/** The options of `fleet migrate`, as typed. */
export interface MigrateOptions extends GlobalOptions {
  readonly postgres?: string;
}

/**
 * Prints the SQL of tables and roles.
 *
 * @returns The exit code.
 */
export async function schema(): Promise<number> {
  await print(fleetSchemaSql());
  return 0;
}

/**
 * Makes tables and roles, or brings them up to date.
 *
 * @returns The exit code.
 * @throws {UsageError} with what is wrong with the address, or what PostgreSQL has against it.
 */
export async function migrate(options: MigrateOptions): Promise<number> {
  const { fleet } = await configOf(options);
  const address = options.postgres ?? fleet.postgres;
  if (address === undefined) throw notShared("give --postgres, or set it");
  const { withFleetDatabase } = await import("../fleet/log/fleet_database.ts");
  const destination = { address, caFile: fleet.postgresCa };
  await withFleetDatabase(destination, (database) => database.migrate());
  await print("The tables of AgentGate are up to date.\n");
  return 0;
}

/**
 * Prints how far this machine's log was shipped.
 *
 * @returns The exit code: 1 when records wait because something is wrong.
 * @throws {UsageError} when it is not shipped, or cannot be read.
 */
export async function status(options: GlobalOptions): Promise<number> {
  const { fleet, dbPath } = await configOf(options);
  if (fleet.postgres === undefined) throw notShared("set it");
  const { waiting, shipped_at, fault } = progressOf(dbPath);
  await print(
    `${waiting} changes of ${dbPath} wait for PostgreSQL\n` +
      `last shipped: ${shipped_at ?? "never"}\n` +
      (fault === null ? "" : `last error: ${fault}\n`),
  );
  return fault === null ? 0 : 1;
}

function configOf({ config, db }: GlobalOptions): Promise<Config> {
  return loadConfig({ path: config, db, env: Deno.env.toObject() });
}

function progressOf(dbPath: string) {
  using log = new LogSource(dbPath);
  try {
    return shippingProgress(log);
  } catch (fault) {
    if (fault instanceof LogUnavailable) throw new UsageError(fault.message, 1);
    throw fault;
  }
}

function notShared(what: string): UsageError {
  return new UsageError(`there is no [fleet] postgres in the configuration; ${what}`);
}

/**
 * What `agentgate dashboard --fleet` shows: a copy of the fleet's log, which it keeps up to date.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Config } from "../../config/config.ts";
import { wholeAddress } from "../../config/expand.ts";
import { agentgateHome, type Environment } from "../../config/home.ts";
import { UsageError } from "../../errors.ts";
import type { CopySettings } from "../../fleet/copy/copier.ts";
import { makeCopy } from "../../fleet/copy/copy_store.ts";
import { Copying } from "../../fleet/copy/copying.ts";
import { FleetFault } from "../../fleet/log/fault_words.ts";
import type { Log } from "../../log.ts";
import { copyProgress } from "../../web/copy_progress.ts";
import { LogSource } from "../../web/log_source.ts";

/** Longest time in milliseconds that the first calls are waited for, and the pause between two looks. */
const FIRST_MS = 3000, LOOK_MS = 50;

/** A dashboard over the fleet's log. */
export interface FleetDashboard {
  /** What the dashboard is served with: the copy for its log, and no policy. */
  readonly config: Config;
  /** Copies until the process ends. Resolves when the newest calls are there, or why they are not. */
  start(log: Log): Promise<void>;
}

/** What the command line says. */
export interface FleetDashboardOptions {
  readonly port: number | undefined;
  /** `--db`: where the copy is kept. */
  readonly db: string | undefined;
}

/**
 * Makes the copy's file, where there is none.
 *
 * @throws {UsageError} when there is nothing to read, or the file cannot be a copy.
 */
export function fleetDashboardOf(
  config: Config,
  { port, db }: FleetDashboardOptions,
  env: Environment,
): FleetDashboard {
  const { fleet } = config;
  const address = fleet.reader === undefined ? fleet.postgres : wholeAddress(fleet.reader);
  if (address === undefined) {
    throw new UsageError("there is no [fleet] reader or postgres in the configuration; set one");
  }
  const destination = { address, caFile: fleet.postgresCa };
  const path = db === undefined ? join(agentgateHome(env), "fleet.db") : config.dbPath;
  try {
    makeCopy(path);
  } catch (fault) {
    throw fault instanceof FleetFault ? new UsageError(fault.message, 1) : fault;
  }
  const settings: CopySettings = { path, destination, days: fleet.dashboardDays };
  return {
    config: {
      ...config,
      dbPath: path,
      dashboardPort: port ?? fleet.dashboardPort,
      policyPaths: [],
      telemetry: { ...config.telemetry, otlpLogs: false },
      fleet: { ...fleet, postgres: undefined },
    },
    start: async (log) => {
      new Copying(settings, log);
      await firstCalls(path);
    },
  };
}

async function firstCalls(path: string): Promise<void> {
  using log = new LogSource(path);
  for (const end = performance.now() + FIRST_MS; performance.now() < end;) {
    const progress = log.read(copyProgress);
    if (progress?.from != null || progress?.fault != null) return;
    await pause(LOOK_MS);
  }
}

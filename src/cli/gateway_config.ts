/**
 * What `wrap` and `serve` do alike before the gateway runs: the configuration, as options change it,
 * and the log.
 *
 * @module
 */

import { type Config, loadConfig } from "../config/config.ts";
import type { Environment } from "../config/home.ts";
import { tightenOwnFolder } from "../config/own_folder.ts";
import { CONFIG_RANGES } from "../config/settings.ts";
import { createLog, type Log } from "../log.ts";
import { type GatewayCommandOptions, portOf } from "./options.ts";

/** Time that the last log lines may take to reach a stderr that is slow. */
const LAST_WORDS_MS = 200;

/**
 * Loads the configuration of a gateway.
 *
 * @throws {UsageError} for a port that is none, and for a configuration that does not load.
 */
export function gatewayConfig(options: GatewayCommandOptions, env: Environment): Promise<Config> {
  const { config, db, policy, dashboardPort, metricsPort } = options;
  return loadConfig({
    path: config,
    db,
    policies: policy,
    dashboardPort: portOf("--dashboard-port", dashboardPort, CONFIG_RANGES.dashboardPort),
    metricsPort: portOf("--metrics-port", metricsPort, CONFIG_RANGES.port),
    env,
  });
}

/** Runs a gateway with a log, all of whose lines are out when this resolves. */
export async function withLog(
  config: Config,
  env: Environment,
  run: (log: Log) => Promise<number>,
): Promise<number> {
  await tightenOwnFolder(env);
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  try {
    return await run(log);
  } finally {
    await log.flush(LAST_WORDS_MS);
  }
}

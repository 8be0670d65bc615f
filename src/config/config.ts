/**
 * The configuration: TOML in, a validated, defaulted, frozen {@link Config} out.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { expandTilde } from "./expand.ts";
import { agentgateHome, type Environment } from "./home.ts";
import { type SettingInForce, settingsInForce } from "./in_force.ts";
import { readAll } from "./kinds.ts";
import { SETTINGS, type SettingValues } from "./settings.ts";
import { UsageError } from "../errors.ts";
import { readTextFile } from "../text_file.ts";
import { parseToml, tomlError, type TomlProblem } from "../toml/toml.ts";
import { TableReader } from "../toml/table.ts";

/** All that can be set, with nothing left to default. */
export interface Config extends Omit<SettingValues, "dbPath"> {
  /** The file that was read; null when there was none and all is default. */
  readonly file: string | null;
  /** The keys and tables at the top of the file: what somebody chose, as against what is default. */
  readonly given: readonly string[];
  /** The SQLite database of the audit log. */
  readonly dbPath: string;
  /** Every setting, for people. */
  readonly inForce: readonly SettingInForce[];
}

/** Sources of a configuration. */
export interface ConfigSource {
  /** `--config`: must exist. Without it, `config.toml` in AgentGate's folder is read if it exists. */
  readonly path?: string | undefined;
  /** `--db`: wins over the file; relative to the working folder, as any path on a command line. */
  readonly db?: string | undefined;
  /** `--policy`, as often as it was given: wins over the file; relative like `--db`. */
  readonly policies?: readonly string[] | undefined;
  /** `--dashboard-port`: wins over the file; 0 for no dashboard. */
  readonly dashboardPort?: number | undefined;
  /** `--metrics-port`: wins over the file. */
  readonly metricsPort?: number | undefined;
  readonly env: Environment;
}

/**
 * Reads, checks and completes the configuration.
 *
 * @returns The configuration, frozen.
 * @throws {UsageError} when the file cannot be read, or there is no home folder to look in.
 * @throws {FileError} with every problem that the file has.
 */
export async function loadConfig(source: ConfigSource): Promise<Config> {
  const { path, db, policies, env } = source;
  const file = resolve(path ?? configPath(env));
  const text = await readTextFile(file, "config file");
  if (text === null && path !== undefined) {
    throw new UsageError(`there is no config file ${file} (given with --config)`);
  }
  const table = text === null ? undefined : await parseToml(file, text);
  const problems: TomlProblem[] = [];
  const root = new TableReader(table, problems);
  const settings = readAll(SETTINGS, root, { folder: dirname(file), env });
  if (root.json("redaction") !== undefined) {
    root.problem(["redaction"], "key", "[redaction] belongs in a policy file (policy_path)");
  }
  root.noteUnknownKeys();
  if (problems.length > 0) throw await tomlError(file, text ?? "", problems);
  return freezeDeep({
    ...settings,
    file: text === null ? null : file,
    given: Object.keys(table ?? {}),
    dashboardPort: source.dashboardPort ?? settings.dashboardPort,
    metricsPort: source.metricsPort ?? settings.metricsPort,
    policyPaths: policies?.map((file) => resolve(expandTilde(file, env))) ?? settings.policyPaths,
    dbPath: db === undefined
      ? settings.dbPath ?? join(agentgateHome(env), "logs.db")
      : resolve(expandTilde(db, env)),
    inForce: settingsInForce(SETTINGS, table ?? {}, {
      db_path: db,
      policy_path: policies,
      dashboard_port: source.dashboardPort,
      metrics_port: source.metricsPort,
    }),
  });
}

/**
 * Path of the config when no `--config` gives one.
 *
 * @throws {UsageError} when there is no home folder to look in.
 */
export function configPath(env: Environment): string {
  return join(agentgateHome(env), "config.toml");
}

function freezeDeep<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(freezeDeep);
  return Object.freeze(value);
}

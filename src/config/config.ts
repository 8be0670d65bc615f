/**
 * The configuration: TOML in, a validated, defaulted, frozen {@link Config} out.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { expandTilde } from "./expand.ts";
import { agentgateHome, type Environment } from "./home.ts";
import { readSettings } from "./settings.ts";
import { reasonOf, UsageError } from "../errors.ts";
import type { LogFormat, LogLevel } from "../log.ts";
import { parseToml, tomlError, type TomlProblem } from "../toml/toml.ts";
import { TableReader } from "../toml/table.ts";

/** All that can be set, with nothing left to default. */
export interface Config {
  /** The file that was read; null when there was none and all is default. */
  readonly file: string | null;
  /** The keys and tables at the top of the file: what somebody chose, as against what is default. */
  readonly given: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** The SQLite database of the audit log. */
  readonly dbPath: string;
  /** The policy files; empty when there is no policy. */
  readonly policyPaths: readonly string[];
  readonly dashboardPort: number;
  /** Undefined: a random key is made at each start. */
  readonly dashboardApiKey: string | undefined;
  /** Undefined: metrics have no port of their own. */
  readonly metricsPort: number | undefined;
  /** What the audit log calls the server; undefined: taken from its command line. */
  readonly serverName: string | undefined;
  /** The longest message, in bytes, that is forwarded. */
  readonly maxMessageBytes: number;
  /** How long a call may go unanswered; 0: for ever. */
  readonly callTimeoutMs: number;
  readonly rateLimits: RateLimitsConfig;
  readonly circuitBreaker: CircuitBreakerConfig;
  readonly policy: PolicyConfig;
  readonly responses: ResponsesConfig;
  readonly logRetention: LogRetentionConfig;
  readonly audit: AuditConfig;
}

/** Calls per minute; a limit that is undefined is off. */
export interface RateLimitsConfig {
  readonly globalMaxCallsPerMinute: number | undefined;
  readonly perToolMaxCallsPerMinute: number | undefined;
  readonly perAgentMaxCallsPerMinute: number | undefined;
}

/** When a failing tool is left alone, and for how long. */
export interface CircuitBreakerConfig {
  /** Failures within the window that open the circuit. */
  readonly errorThreshold: number;
  readonly windowMs: number;
  /** From open to the one call that probes. */
  readonly cooldownMs: number;
  /** Whether a result with `isError` counts as a failure. */
  readonly countToolErrors: boolean;
}

/** How policies are applied. */
export interface PolicyConfig {
  /** Whether tools that are always refused are left out of `tools/list`. */
  readonly hideDeniedTools: boolean;
  /** How long one message may be searched; past it, it is refused. */
  readonly maxScanMs: number;
}

/** How refused calls are answered. */
export interface ResponsesConfig {
  /** `error`: a JSON-RPC error; `tool_result`: a result with `isError`, which more agents show. */
  readonly style: "error" | "tool_result";
}

/** How much of the audit log is kept. */
export interface LogRetentionConfig {
  /** Rows older than so many days are deleted; 0: never. */
  readonly retentionDays: number;
  /** The oldest rows beyond this many are deleted; 0: never. */
  readonly maxRows: number;
}

/** How calls are recorded. */
export interface AuditConfig {
  /** `batched`: stored some milliseconds later; `strict`: before the call is forwarded. */
  readonly durability: "batched" | "strict";
  /** Arguments and results longer than this are stored as a note of their size. */
  readonly maxPayloadBytes: number;
  /** Whether calls stop when they cannot be recorded. */
  readonly required: boolean;
  /** Bytes of records that may wait for the store before reading from the agent stops. */
  readonly queueBytes: number;
}

/** Where a configuration comes from. */
export interface ConfigSource {
  /** `--config`: must exist. Without it, `config.toml` in AgentGate's folder is read if it exists. */
  readonly path?: string | undefined;
  /** `--db`: wins over the file; relative to the working folder, as any path on a command line. */
  readonly db?: string | undefined;
  /** `--policy`, as often as it was given: wins over the file; relative like `--db`. */
  readonly policies?: readonly string[] | undefined;
  readonly env: Environment;
}

/**
 * Reads, checks and completes the configuration.
 *
 * @throws {UsageError} when the file cannot be read, or there is no home folder to look in.
 * @throws {FileError} with every problem that the file has.
 */
export async function loadConfig({ path, db, policies, env }: ConfigSource): Promise<Config> {
  const file = resolve(path ?? configPath(env));
  const text = await readText(file);
  if (text === null && path !== undefined) {
    throw new UsageError(`there is no config file ${file} (given with --config)`);
  }
  const table = text === null ? undefined : await parseToml(file, text);
  const problems: TomlProblem[] = [];
  const root = new TableReader(table, problems);
  const settings = readSettings(root, { folder: dirname(file), env });
  root.noteUnknownKeys();
  if (problems.length > 0) throw await tomlError(file, text ?? "", problems);
  return freezeDeep({
    ...settings,
    file: text === null ? null : file,
    given: Object.keys(table ?? {}),
    policyPaths: policies?.map((file) => resolve(expandTilde(file, env))) ?? settings.policyPaths,
    dbPath: db === undefined
      ? settings.dbPath ?? join(agentgateHome(env), "logs.db")
      : resolve(expandTilde(db, env)),
  });
}

/** Where the config is looked for when no `--config` says so. */
export function configPath(env: Environment): string {
  return join(agentgateHome(env), "config.toml");
}

/** The text of a file, or null when there is none. */
async function readText(file: string): Promise<string | null> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    const reason = reasonOf(error);
    throw new UsageError(`cannot read the config file ${file}: ${reason}`);
  }
}

function freezeDeep<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(freezeDeep);
  return Object.freeze(value);
}

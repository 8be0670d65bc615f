/**
 * The keys of `config.toml`, one by one: type, range and default.
 *
 * @module
 */

import { resolve } from "node:path";
import type { Config } from "./config.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import type { Range, TableReader } from "../toml/table.ts";
import { expandTilde, expandVariables } from "./expand.ts";
import type { Environment } from "./home.ts";

/** The ranges of numbers in a config, both ends included. */
export const CONFIG_RANGES = Object.freeze(
  {
    port: { min: 1, max: 65_535 },
    maxMessageBytes: { min: 1024, max: 1024 ** 3 },
    maxPayloadBytes: { min: 1024, max: 1024 ** 3 },
    queueBytes: { min: 1024 ** 2, max: 4 * 1024 ** 3 },
    /** The ceiling is that of a timer: 2^31 − 1 ms, beyond which it would fire at once. */
    callTimeoutSeconds: { min: 0, max: 2_147_483 },
    seconds: { min: 1, max: 2_147_483 },
    maxScanMs: { min: 1, max: 60_000 },
    count: { min: 1, max: Number.MAX_SAFE_INTEGER },
    /** A hundred years; 0 switches the limit off. */
    retentionDays: { min: 0, max: 36_500 },
    maxRows: { min: 0, max: Number.MAX_SAFE_INTEGER },
  } as const satisfies Record<string, Range>,
);

const SECOND_MS = 1000;

/** What the values of a file are understood by. */
export interface SettingsContext {
  /** The config's own folder: relative paths in it start there, wherever the program is run. */
  readonly folder: string;
  readonly env: Environment;
}

/** What a file says, completed but for what depends on where it was found. */
export type Settings = Omit<Config, "file" | "given" | "dbPath"> & {
  /** Undefined when the file does not say. */
  readonly dbPath: string | undefined;
};

/** Reads every key; what is wrong with one is noted in the reader and its default stands in. */
export function readSettings(root: TableReader, context: SettingsContext): Settings {
  return {
    logLevel: root.word("log_level", LOG_LEVELS) ?? "info",
    logFormat: root.word("log_format", LOG_FORMATS) ?? "pretty",
    dbPath: readPaths(root, "db_path", root.string("db_path"), context)[0],
    policyPaths: readPaths(root, "policy_path", root.strings("policy_path"), context),
    dashboardPort: root.integer("dashboard_port", CONFIG_RANGES.port) ?? 7070,
    dashboardApiKey: readSecret(root, "dashboard_api_key", context.env),
    metricsPort: root.integer("metrics_port", CONFIG_RANGES.port),
    serverName: root.string("server_name"),
    maxMessageBytes: root.integer("max_message_bytes", CONFIG_RANGES.maxMessageBytes) ??
      10 * 1024 ** 2,
    callTimeoutMs: SECOND_MS *
      (root.number("call_timeout_seconds", CONFIG_RANGES.callTimeoutSeconds) ?? 0),
    rateLimits: readRateLimits(root.subtable("rate_limits")),
    circuitBreaker: readCircuitBreaker(root.subtable("circuit_breaker")),
    policy: readPolicy(root.subtable("policy")),
    responses: {
      style: root.subtable("responses").word("style", ["error", "tool_result"]) ?? "error",
    },
    logRetention: readLogRetention(root.subtable("log_retention")),
    audit: readAudit(root.subtable("audit")),
  };
}

function readRateLimits(table: TableReader): Config["rateLimits"] {
  const limit = (key: string) => table.integer(key, CONFIG_RANGES.count);
  return {
    globalMaxCallsPerMinute: limit("global_max_calls_per_minute"),
    perToolMaxCallsPerMinute: limit("per_tool_max_calls_per_minute"),
    perAgentMaxCallsPerMinute: limit("per_agent_max_calls_per_minute"),
  };
}

function readCircuitBreaker(table: TableReader): Config["circuitBreaker"] {
  return {
    errorThreshold: table.integer("error_threshold", CONFIG_RANGES.count) ?? 5,
    windowMs: SECOND_MS * (table.integer("window_seconds", CONFIG_RANGES.seconds) ?? 30),
    cooldownMs: SECOND_MS * (table.integer("cooldown_seconds", CONFIG_RANGES.seconds) ?? 60),
    countToolErrors: table.boolean("count_tool_errors") ?? false,
  };
}

function readPolicy(table: TableReader): Config["policy"] {
  return {
    hideDeniedTools: table.boolean("hide_denied_tools") ?? true,
    maxScanMs: table.integer("max_scan_ms", CONFIG_RANGES.maxScanMs) ?? 250,
  };
}

function readLogRetention(table: TableReader): Config["logRetention"] {
  return {
    retentionDays: table.integer("retention_days", CONFIG_RANGES.retentionDays) ?? 30,
    maxRows: table.integer("max_rows", CONFIG_RANGES.maxRows) ?? 500_000,
  };
}

function readAudit(table: TableReader): Config["audit"] {
  return {
    durability: table.word("durability", ["batched", "strict"]) ?? "batched",
    maxPayloadBytes: table.integer("max_payload_bytes", CONFIG_RANGES.maxPayloadBytes) ?? 65_536,
    required: table.boolean("required") ?? true,
    queueBytes: table.integer("queue_bytes", CONFIG_RANGES.queueBytes) ?? 16 * 1024 ** 2,
  };
}

function readSecret(root: TableReader, key: string, env: Environment): string | undefined {
  const text = root.string(key);
  return text === undefined ? undefined : fillIn(root, [key], text, env);
}

/** The paths of one key, absolute. */
function readPaths(
  root: TableReader,
  key: string,
  value: string | readonly string[] | undefined,
  { folder, env }: SettingsContext,
): readonly string[] {
  return [value ?? []].flat().map((text, index) => {
    const filled = fillIn(root, [key, index], text, env);
    return resolve(folder, expandTilde(filled, env));
  });
}

/** Fills in variables, and notes those that are not set, or leave nothing. */
function fillIn(
  root: TableReader,
  path: readonly (string | number)[],
  text: string,
  env: Environment,
): string {
  const expanded = expandVariables(text, env);
  for (const name of expanded.unset) {
    root.problem(path, "value", `the environment variable ${name} is not set`);
  }
  if (expanded.text === "") root.problem(path, "value", `${path[0]} is empty: ${text} is empty`);
  return expanded.text;
}

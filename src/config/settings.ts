/**
 * The settings of AgentGate, each declared once: type, default, range and the words for it. The config
 * file is read by this table, and what `init` writes and the README shows is made from it.
 *
 * @module
 */

import { LOG_FORMATS, LOG_LEVELS } from "../log.ts";
import type { Range } from "../toml/table.ts";
import {
  flag,
  integer,
  lateAddress,
  optionalFlag,
  optionalInteger,
  optionalPath,
  optionalText,
  paths,
  seconds,
  secret,
  secretAddress,
  section,
  text,
  type ValuesOf,
  word,
} from "./kinds.ts";

/** The ranges of numbers in a config, both ends included. */
export const CONFIG_RANGES = Object.freeze(
  {
    port: { min: 1, max: 65_535 },
    /** 0 switches the dashboard off. */
    dashboardPort: { min: 0, max: 65_535 },
    maxMessageBytes: { min: 1024, max: 1024 ** 3 },
    maxPayloadBytes: { min: 1024, max: 1024 ** 3 },
    queueBytes: { min: 1024 ** 2, max: 4 * 1024 ** 3 },
    /** The ceiling is that of a timer: 2^31 − 1 ms, beyond which it would fire at once. */
    callTimeoutSeconds: { min: 0, max: 2_147_483 },
    seconds: { min: 1, max: 2_147_483 },
    unreadySeconds: { min: 0, max: 3600 },
    maxScanMs: { min: 1, max: 60_000 },
    maxScanWork: { min: 1_000_000, max: Number.MAX_SAFE_INTEGER },
    count: { min: 1, max: Number.MAX_SAFE_INTEGER },
    /** A hundred years; 0 switches the limit off. */
    retentionDays: { min: 0, max: 36_500 },
    /** A year: beyond it, the log is better asked where it is. */
    dashboardDays: { min: 1, max: 366 },
    maxRows: { min: 0, max: Number.MAX_SAFE_INTEGER },
    keepUnshippedRows: { min: 0, max: Number.MAX_SAFE_INTEGER },
  } as const satisfies Record<string, Range>,
);

const { port, count } = CONFIG_RANGES;

/** Every setting, in the order in which people are shown them. */
export const SETTINGS = {
  logLevel: word("log_level", LOG_LEVELS, "info", {
    text: "debug (a line a message), info, warn, error",
    init: "info",
  }),
  logFormat: word("log_format", LOG_FORMATS, "pretty", {
    text: "pretty or json, on stderr",
    init: "pretty",
  }),
  /** The SQLite database of the audit log; undefined: `logs.db` in AgentGate's folder. */
  dbPath: optionalPath("db_path", { text: "SQLite database of the audit log", init: "logs.db" }),
  /** The policy files; empty when there is no policy. */
  policyPaths: paths("policy_path", {
    text: "the policy, or a list of files that are read in order as one",
    init: "policies/default.toml",
  }),
  /** Name of the server in the audit log; undefined: taken from its command line. */
  serverName: optionalText("server_name", {
    text: "what the log calls the server; without it, its program or package",
    example: "files",
  }),
  /** The longest message, in bytes, that is forwarded. */
  maxMessageBytes: integer("max_message_bytes", CONFIG_RANGES.maxMessageBytes, 10 * 1024 ** 2, {
    text: "a longer message is refused, and the line lives on",
  }),
  /** Longest time that a call may go unanswered; 0: for ever. */
  callTimeoutMs: seconds("call_timeout_seconds", CONFIG_RANGES.callTimeoutSeconds, 0, {
    text: "give up a call after so long; 0: never",
  }),
  dashboardPort: integer("dashboard_port", CONFIG_RANGES.dashboardPort, 7070, {
    text: "where the dashboard is served; 0: nowhere",
  }),
  /** Undefined: metrics have no port of their own. */
  metricsPort: optionalInteger("metrics_port", port, {
    text: "no port of its own without it",
    example: 9090,
  }),
  /** Undefined: the machine's own, which is made when it is first needed. */
  dashboardApiKey: secret("dashboard_api_key", {
    text: "a key for the dashboard that stays the same",
    example: "${AGENTGATE_DASHBOARD_KEY}",
  }),

  /** Calls per minute; a limit that is undefined is off. */
  rateLimits: section(
    "rate_limits",
    "Each limit is off unless it is set: remove a line to lift it",
    {
      globalMaxCallsPerMinute: optionalInteger("global_max_calls_per_minute", count, {
        text: "across all tools",
        init: 500,
      }),
      perToolMaxCallsPerMinute: optionalInteger("per_tool_max_calls_per_minute", count, {
        text: "of each tool",
        init: 100,
      }),
      perAgentMaxCallsPerMinute: optionalInteger("per_agent_max_calls_per_minute", count, {
        text: "of each agent session",
        init: 200,
      }),
    },
  ),
  /** Thresholds and times for leaving a failing tool alone. */
  circuitBreaker: section("circuit_breaker", "When a tool that fails is left alone", {
    enabled: flag("enabled", true, { text: "false: no tool is ever left alone" }),
    /** Failures within the window that open the circuit. */
    errorThreshold: integer("error_threshold", count, 5, {
      text: "failures in window_seconds after which a tool is left alone",
      init: 5,
    }),
    windowMs: seconds("window_seconds", CONFIG_RANGES.seconds, 30, {
      text: "within this time",
      init: 30,
    }, { isWhole: true }),
    /** Time from open to the one call that probes. */
    cooldownMs: seconds("cooldown_seconds", CONFIG_RANGES.seconds, 60, {
      text: "then one call probes",
      init: 60,
    }, { isWhole: true }),
    countToolErrors: flag("count_tool_errors", false, {
      text: "whether results with isError are failures, too",
    }),
  }),
  /** Application of policies. */
  policy: section("policy", "How the policy is applied", {
    hideDeniedTools: flag("hide_denied_tools", true, {
      text: "leave tools that are always refused out of tools/list",
    }),
    protectSelf: flag("protect_self", true, {
      text: "refuse calls that name AgentGate's own files: policy, config, log",
    }),
    /** Undefined: where the policy denies by default, or has rules for methods. */
    methods: optionalFlag("methods", {
      text: 'judge resources/read, prompts/get … too; on by itself with default = "deny"',
      example: true,
    }),
    /** Whether `path()` asks the file system where links lead. */
    resolvePaths: flag("resolve_paths", true, {
      text: "path() follows links; false where the server sees another file system",
    }),
    /** Characters × patterns that may be searched for one message; past that, it is refused. */
    maxScanWork: integer("max_scan_work", CONFIG_RANGES.maxScanWork, 1_000_000_000, {
      text: "characters × patterns: a message that is more work to search is refused",
    }),
    /** Longest time that one message may be searched: for patterns that are slow. */
    maxScanMs: integer("max_scan_ms", CONFIG_RANGES.maxScanMs, 10_000, {
      text: "so is one that takes longer, as only a slow pattern does",
    }),
  }),
  /** Answers to refused calls. */
  responses: section("responses", "How refused calls are answered", {
    style: word("style", ["error", "tool_result"], "error", {
      text: 'or "tool_result": refusals as results with isError, which more agents show',
    }),
  }),
  /** How agents reach `serve`. */
  serve: section("serve", "How agents reach `agentgate serve`", {
    /** Undefined: whoever reaches the port may use it. */
    clientToken: secret("client_token", {
      text: "agents must show it: Authorization: Bearer, or X-AgentGate-Token",
      example: "${AGENTGATE_CLIENT_TOKEN}",
    }),
    replicated: flag("replicated", false, {
      text: "other replicas serve the same sessions: what one has asked, another may answer",
    }),
    /** Time from SIGTERM until no more is taken. */
    unreadyMs: seconds("unready_seconds", CONFIG_RANGES.unreadySeconds, 0, {
      text: "after SIGTERM /ready says no for so long before no more is taken",
    }),
  }),
  /** Bounds of the audit log. */
  logRetention: section("log_retention", "How much of the audit log is kept", {
    /** Rows older than so many days are deleted; 0: never. */
    retentionDays: integer("retention_days", CONFIG_RANGES.retentionDays, 30, {
      text: "older records are deleted; 0 keeps them",
      init: 30,
    }),
    /** The oldest rows beyond this many are deleted; 0: never. */
    maxRows: integer("max_rows", CONFIG_RANGES.maxRows, 500_000, {
      text: "the oldest beyond this are deleted; 0 keeps them",
      init: 500_000,
    }),
  }),
  /** Recording of calls. */
  audit: section("audit", "How calls are recorded", {
    /** `batched`: stored some milliseconds later; `strict`: before the call is forwarded. */
    durability: word("durability", ["batched", "strict"], "batched", {
      text: 'or "strict": on the disk before the call is forwarded',
    }),
    /** Arguments and results longer than this are cut down, and stored with size and hash. */
    maxPayloadBytes: integer("max_payload_bytes", CONFIG_RANGES.maxPayloadBytes, 65_536, {
      text: "longer arguments and results are cut down to this, with size and SHA-256",
    }),
    /** Whether calls stop when they cannot be recorded. */
    required: flag("required", true, { text: "stop calls that cannot be recorded" }),
    /** Bytes of records that may wait for the store before reading from the agent stops. */
    queueBytes: integer("queue_bytes", CONFIG_RANGES.queueBytes, 16 * 1024 ** 2, {
      text: "records that may wait to be stored before the agent has to",
    }),
  }),
  /** Engines that the gateways of many machines share. */
  fleet: section("fleet", "What the gateways of many machines share; see `agentgate fleet`", {
    /** Undefined: records stay on this machine. */
    postgres: secretAddress("postgres", ["postgres:", "postgresql:"], {
      text: "copy every record to this PostgreSQL",
      example: "postgres://gate:${AGENTGATE_PGPASSWORD}@db.example.com/agentgate",
    }),
    postgresCa: optionalPath("postgres_ca", {
      text: "certificates (PEM) to trust there, beside the system's",
      example: "postgres-ca.pem",
    }),
    /** Undefined: its host name. */
    name: optionalText("name", {
      text: "what this machine is called there; without it, its host name",
      example: "laptop-ada",
    }),
    /** Rows up to which retention keeps what was not copied yet. */
    keepUnshippedRows: integer("keep_unshipped_rows", CONFIG_RANGES.keepUnshippedRows, 2_000_000, {
      text: "retention keeps what PostgreSQL does not have yet, until the log has so many",
    }),
    /** Undefined: `postgres` is read as well. */
    reader: lateAddress("reader", ["postgres:", "postgresql:"], {
      text: "what `agentgate dashboard --fleet` reads there; without it, the address above",
      example: "postgres://ada:${AGENTGATE_READER_PASSWORD}@db.example.com/agentgate",
    }),
    /** Days of calls that a dashboard copies to its machine. */
    dashboardDays: integer("dashboard_days", CONFIG_RANGES.dashboardDays, 7, {
      text: "it shows the calls of so many days",
    }),
    dashboardPort: integer("dashboard_port", port, 7071, {
      text: "where it is served, on the machine that it runs on",
    }),
    /** Undefined: each gateway has its own limits. */
    valkey: secretAddress("valkey", ["redis:", "rediss:"], {
      text: "Valkey or Redis: limits and circuits are those of all gateways together",
      example: "rediss://agentgate:${VALKEY_PASSWORD}@valkey.example:6379",
    }),
    /** What becomes of limits while it cannot be reached. */
    onOutage: word("on_outage", ["local", "deny"], "local", {
      text: 'while it is away each gateway counts alone; or "deny": limited calls are refused',
    }),
    prefix: text("prefix", "agentgate:", {
      text: "of all keys in it: gateways with another prefix share nothing with these",
    }),
  }),
  /** Telemetry that the environment cannot say. */
  telemetry: section("telemetry", "What a collector is told; OTEL_* say where it is", {
    otlpLogs: flag("otlp_logs", false, {
      text: "send every record of the audit log to it (OTLP over HTTP), each at least once",
    }),
  }),
} as const;

/** The values of all settings, with nothing left to default. */
export type SettingValues = ValuesOf<typeof SETTINGS>;

import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { CONFIG_RANGES } from "../../src/config/settings.ts";
import { FileError, UsageError } from "../../src/errors.ts";

/** The README's own block, with what it shows commented out switched on. */
const README_BLOCK = `
log_level  = "info"                    # debug, info, warn, error
log_format = "pretty"                  # pretty or json
db_path    = "~/.agentgate/logs.db"    # SQLite database path
policy_path = "~/.agentgate/policies/default.toml"

# Dashboard port (default: 7070)
dashboard_port = 7070

# Fixed API key for the dashboard (random 32-char key generated if omitted)
dashboard_api_key = "your-secret-key-here"

[rate_limits]
global_max_calls_per_minute   = 500    # Across all tools
per_tool_max_calls_per_minute = 100    # Per individual tool
per_agent_max_calls_per_minute = 200   # Per agent session

[circuit_breaker]
error_threshold  = 5                   # Errors before tripping open
window_seconds   = 30                  # Error counting window
cooldown_seconds = 60                  # Recovery delay before half-open probe

[log_retention]
retention_days = 30                    # Delete records older than N days (0 = disabled)
max_rows       = 500000                # Cap total rows (0 = disabled)
`;

const HOME_VARIABLE = Deno.build.os === "windows" ? "USERPROFILE" : "HOME";

interface Given {
  readonly env?: Record<string, string>;
  readonly db?: string;
}

/** Loads `text` as a config file in a folder of its own, which is the home folder, too. */
async function withConfig(
  text: string,
  check: (load: () => Promise<Config>, folder: string) => Promise<void>,
  { env, db }: Given = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "config.toml");
    await Deno.writeTextFile(path, text);
    await check(() => loadConfig({ path, db, env: { [HOME_VARIABLE]: folder, ...env } }), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Loads a config that must be refused; the problems without their file and source lines. */
async function problemsOf(text: string, given: Given = {}): Promise<string[]> {
  let problems: string[] = [];
  await withConfig(text, async (load) => {
    const error = await load().then(() => null, (thrown) => thrown);
    ok(error instanceof FileError, `not refused: ${text}`);
    equal(error.exitCode, 2);
    problems = error.problems.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  }, given);
  return problems;
}

Deno.test("loadConfig reads the README's block whole", async () => {
  await withConfig(README_BLOCK, async (load, home) => {
    const { file, given, ...settings } = await load();
    equal(file, join(home, "config.toml"));
    deepEqual(given.slice(0, 2), ["log_level", "log_format"]);
    deepEqual(settings, {
      logLevel: "info",
      logFormat: "pretty",
      dbPath: join(home, ".agentgate", "logs.db"),
      policyPaths: [join(home, ".agentgate", "policies", "default.toml")],
      dashboardPort: 7070,
      dashboardApiKey: "your-secret-key-here",
      metricsPort: undefined,
      serverName: undefined,
      maxMessageBytes: 10_485_760,
      callTimeoutMs: 0,
      rateLimits: {
        globalMaxCallsPerMinute: 500,
        perToolMaxCallsPerMinute: 100,
        perAgentMaxCallsPerMinute: 200,
      },
      circuitBreaker: {
        enabled: true,
        errorThreshold: 5,
        windowMs: 30_000,
        cooldownMs: 60_000,
        countToolErrors: false,
      },
      policy: { hideDeniedTools: true, maxScanMs: 250 },
      responses: { style: "error" },
      logRetention: { retentionDays: 30, maxRows: 500_000 },
      audit: {
        durability: "batched",
        maxPayloadBytes: 65_536,
        required: true,
        queueBytes: 16_777_216,
      },
    });
  });
});

Deno.test("loadConfig has a default for every key, and no rate limits", async () => {
  await withConfig("", async (load, home) => {
    const config = await load();
    deepEqual(config.given, []);
    equal(config.dbPath, join(home, ".agentgate", "logs.db"));
    deepEqual(config.policyPaths, []);
    deepEqual(config.rateLimits, {
      globalMaxCallsPerMinute: undefined,
      perToolMaxCallsPerMinute: undefined,
      perAgentMaxCallsPerMinute: undefined,
    });
    deepEqual(config.logRetention, { retentionDays: 30, maxRows: 500_000 });
  });
});

Deno.test("loadConfig takes part of a table and defaults the rest", async () => {
  const text = `call_timeout_seconds = 1.5\n[circuit_breaker]\nerror_threshold = 2\n`;
  await withConfig(text, async (load) => {
    const config = await load();
    deepEqual(config.circuitBreaker, {
      enabled: true,
      errorThreshold: 2,
      windowMs: 30_000,
      cooldownMs: 60_000,
      countToolErrors: false,
    });
    equal(config.callTimeoutMs, 1500);
    deepEqual(config.given, ["call_timeout_seconds", "circuit_breaker"]);
  });
});

Deno.test("loadConfig freezes what it gives out, all the way down", async () => {
  await withConfig(README_BLOCK, async (load) => {
    const config = await load();
    for (const part of [config, config.policyPaths, config.rateLimits, config.audit]) {
      ok(Object.isFrozen(part));
    }
  });
});

/** Every key, and a value that is TOML but of the wrong type. */
const WRONG_TYPES: Readonly<Record<string, string>> = {
  log_level: "1",
  log_format: "true",
  db_path: "[]",
  policy_path: "[1]",
  dashboard_port: '"7070"',
  dashboard_api_key: "7",
  metrics_port: "9090.0",
  server_name: "1979-05-27",
  max_message_bytes: "1e6",
  call_timeout_seconds: '"5"',
  "rate_limits": "500",
  "rate_limits.global_max_calls_per_minute": '"500"',
  "rate_limits.per_tool_max_calls_per_minute": "1.5",
  "rate_limits.per_agent_max_calls_per_minute": "true",
  "circuit_breaker": "[]",
  "circuit_breaker.enabled": "0",
  "circuit_breaker.error_threshold": "{}",
  "circuit_breaker.window_seconds": "0.5",
  "circuit_breaker.cooldown_seconds": '"60s"',
  "log_retention": '""',
  "log_retention.retention_days": "false",
  "log_retention.max_rows": "1.0",
  "audit": "1979-05-27",
  "audit.durability": "1",
  "audit.max_payload_bytes": "[1]",
  "audit.required": '"yes"',
  "audit.queue_bytes": "inf",
};

for (const [key, value] of Object.entries(WRONG_TYPES)) {
  Deno.test(`loadConfig refuses ${key} = ${value}, with its place`, async () => {
    const [problem, ...more] = await problemsOf(`# one\n${key} = ${value}\n`);
    deepEqual(more, []);
    const column = `${key} = `.length + 1;
    match(problem ?? "", new RegExp(`^2:${column}: ${key.split(".").at(-1)} must be .*, not `));
  });
}

/** Integer keys and their ranges. */
const RANGES = {
  dashboard_port: CONFIG_RANGES.port,
  metrics_port: CONFIG_RANGES.port,
  max_message_bytes: CONFIG_RANGES.maxMessageBytes,
  call_timeout_seconds: CONFIG_RANGES.callTimeoutSeconds,
  "rate_limits.global_max_calls_per_minute": CONFIG_RANGES.count,
  "circuit_breaker.error_threshold": CONFIG_RANGES.count,
  "circuit_breaker.window_seconds": CONFIG_RANGES.seconds,
  "circuit_breaker.cooldown_seconds": CONFIG_RANGES.seconds,
  "log_retention.retention_days": CONFIG_RANGES.retentionDays,
  "log_retention.max_rows": CONFIG_RANGES.maxRows,
  "audit.max_payload_bytes": CONFIG_RANGES.maxPayloadBytes,
  "audit.queue_bytes": CONFIG_RANGES.queueBytes,
};

for (const [key, { min, max }] of Object.entries(RANGES)) {
  Deno.test(`loadConfig takes ${key} from ${min} to ${max} and no further`, async () => {
    for (const value of [min, max]) {
      await withConfig(`${key} = ${value}`, async (load) => {
        ok(await load());
      });
    }
    for (const value of [BigInt(min) - 1n, BigInt(max) + 1n]) {
      const problems = await problemsOf(`${key} = ${value}`);
      equal(problems.length, 1);
      match(problems[0] ?? "", new RegExp(`must be from ${min} to ${max}, not ${value}`));
    }
  });
}

Deno.test("loadConfig refuses an unknown key and names the nearest one", async () => {
  deepEqual(await problemsOf(`log_level = "info"\n  db_pth = "x"`), [
    `2:3: unknown key "db_pth"; did you mean "db_path"?`,
  ]);
  deepEqual(await problemsOf("[audit]\nqueue_byte = 5"), [
    `2:1: unknown key "queue_byte"; did you mean "queue_bytes"?`,
  ]);
  deepEqual(await problemsOf("zzz = 1"), [`1:1: unknown key "zzz"`]);
  deepEqual(await problemsOf(`[[servers]]\nname = "x"`), [`1:3: unknown key "servers"`]);
  deepEqual(await problemsOf(`__proto__ = 1\n"constructor" = 2`), [
    `1:1: unknown key "__proto__"`,
    `2:1: unknown key "constructor"`,
  ]);
});

Deno.test("loadConfig says where a key below the wrong header belongs", async () => {
  deepEqual(await problemsOf(`[audit]\ndb_path = "x"\nmax_rows = 5`), [
    `2:1: "db_path" does not belong here but before the first [table] of the file`,
    `3:1: "max_rows" does not belong here but in [log_retention]`,
  ]);
});

Deno.test("loadConfig names the nearest word of a choice", async () => {
  deepEqual(await problemsOf(`log_level = "warning"`), [
    `1:13: log_level must be one of "debug", "info", "warn", "error", not "warning"; ` +
    `did you mean "warn"?`,
  ]);
});

Deno.test("loadConfig reports all problems at once, in the order of the file", async () => {
  const text = `metrics_port = 0\nnonsense = 1\n[audit]\nrequired = 1\n[rate_limits]\nx = 1\n`;
  const problems = await problemsOf(text);
  deepEqual(problems.map((problem) => problem.split(": ")[0]), ["1:16", "2:1", "4:12", "6:1"]);
});

Deno.test("loadConfig shows the line with a caret", async () => {
  await withConfig(`log_level = "info"\n\tdb_path = 5 # größer`, async (load, folder) => {
    await rejects(load(), {
      message:
        `${join(folder, "config.toml")}:2:12: db_path must be a string, not the integer 5\n` +
        "    2 |  db_path = 5 # größer\n" +
        "      |            ^",
    });
  });
});

Deno.test("loadConfig reports a syntax error with its place", async () => {
  const [problem] = await problemsOf(`log_level = "info"\ndb_path = = 5`);
  match(problem ?? "", /^2:1[01]: Invalid TOML document/);
});

Deno.test("loadConfig refuses empty strings", async () => {
  for (const key of ["db_path", "policy_path", "dashboard_api_key", "server_name"]) {
    deepEqual(await problemsOf(`${key} = ""`), [`1:${key.length + 4}: ${key} must not be empty`]);
  }
});

Deno.test("loadConfig refuses a file that is not UTF-8, or a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await rejects(loadConfig({ path: folder, env: {} }), /cannot read the config file/);
    const path = join(folder, "config.toml");
    await Deno.writeFile(path, new Uint8Array([0x23, 0xff]));
    await rejects(loadConfig({ path, env: {} }), /cannot read the config file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadConfig fills in variables and tildes", async () => {
  const text = `db_path = "~/\${SUB}/$\${x}.db"\npolicy_path = ["a.toml", "\${ABSOLUTE}"]
    dashboard_api_key = "k-\${KEY}"`;
  const env = { SUB: "logs", ABSOLUTE: join(Deno.cwd(), "~", "p.toml"), KEY: "~" };
  await withConfig(text, async (load, folder) => {
    const config = await load();
    equal(config.dbPath, join(folder, "logs", "${x}.db"));
    deepEqual(config.policyPaths, [join(folder, "a.toml"), env.ABSOLUTE]);
    equal(config.dashboardApiKey, "k-~");
  }, { env });
});

Deno.test("loadConfig refuses a variable that is not set, or leaves nothing", async () => {
  const text = `db_path = "\${NOPE}/x"\npolicy_path = ["a",\n  "\${NEITHER}"]
dashboard_api_key = "\${EMPTY}"`;
  deepEqual(await problemsOf(text, { env: { EMPTY: "" } }), [
    "1:11: the environment variable NOPE is not set",
    "3:3: the environment variable NEITHER is not set",
    "4:21: dashboard_api_key is empty: ${EMPTY} is empty",
  ]);
});

Deno.test("loadConfig lets --db win, relative to the working folder", async () => {
  await withConfig(`db_path = "config.db"`, async (load) => {
    equal((await load()).dbPath, join(Deno.cwd(), "flag.db"));
  }, { db: "flag.db" });
});

Deno.test("loadConfig does without a default file, not without one that was asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { AGENTGATE_HOME: folder };
    const config = await loadConfig({ env });
    equal(config.file, null);
    equal(config.dbPath, join(folder, "logs.db"));
    await Deno.writeTextFile(join(folder, "config.toml"), `server_name = "x"`);
    equal((await loadConfig({ env })).serverName, "x");
    const path = join(folder, "typo.toml");
    await rejects(loadConfig({ path, env }), (error: unknown) => {
      ok(error instanceof UsageError);
      equal(error.exitCode, 2);
      match(error.message, /there is no config file .*typo\.toml/);
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadConfig says what to set when there is no home folder", async () => {
  await rejects(loadConfig({ env: {} }), /Set (HOME|USERPROFILE), or AGENTGATE_HOME/);
  await rejects(loadConfig({ env: { [HOME_VARIABLE]: "" } }), UsageError);
});

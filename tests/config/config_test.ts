import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { UsageError } from "../../src/errors.ts";
import { HOME_VARIABLE, problemsOf, withConfig } from "./harness.ts";

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

Deno.test("loadConfig reads the README's block whole", async () => {
  await withConfig(README_BLOCK, async (load, home) => {
    const { file, given, inForce: _, ...settings } = await load();
    assert.equal(file, join(home, "config.toml"));
    assert.deepEqual(given.slice(0, 2), ["log_level", "log_format"]);
    assert.deepEqual(settings, {
      logLevel: "info",
      logFormat: "pretty",
      dbPath: join(home, ".agentgate", "logs.db"),
      policyPaths: [join(home, ".agentgate", "policies", "default.toml")],
      dashboardPort: 7070,
      dashboardApiKey: "your-secret-key-here",
      metricsPort: undefined,
      serverName: undefined,
      serve: { clientToken: undefined, replicated: false, unreadyMs: 0 },
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
      policy: {
        hideDeniedTools: true,
        maxScanMs: 10_000,
        maxScanWork: 1_000_000_000,
        methods: undefined,
        protectSelf: true,
        resolvePaths: true,
      },
      responses: { style: "error" },
      logRetention: { retentionDays: 30, maxRows: 500_000 },
      audit: {
        durability: "batched",
        maxPayloadBytes: 65_536,
        required: true,
        queueBytes: 16_777_216,
      },
      fleet: {
        postgres: undefined,
        postgresCa: undefined,
        name: undefined,
        keepUnshippedRows: 2_000_000,
        reader: undefined,
        dashboardDays: 7,
        dashboardPort: 7071,
        valkey: undefined,
        onOutage: "local",
        prefix: "agentgate:",
      },
      telemetry: { otlpLogs: false },
    });
  });
});

Deno.test("loadConfig has a default for every key, and no rate limits", async () => {
  await withConfig("", async (load, home) => {
    const config = await load();
    assert.deepEqual(config.given, []);
    assert.equal(config.dbPath, join(home, ".agentgate", "logs.db"));
    assert.deepEqual(config.policyPaths, []);
    assert.deepEqual(config.rateLimits, {
      globalMaxCallsPerMinute: undefined,
      perToolMaxCallsPerMinute: undefined,
      perAgentMaxCallsPerMinute: undefined,
    });
    assert.deepEqual(config.logRetention, { retentionDays: 30, maxRows: 500_000 });
  });
});

Deno.test("loadConfig takes part of a table and defaults the rest", async () => {
  const text = `call_timeout_seconds = 1.5\n[circuit_breaker]\nerror_threshold = 2\n`;
  await withConfig(text, async (load) => {
    const config = await load();
    assert.deepEqual(config.circuitBreaker, {
      enabled: true,
      errorThreshold: 2,
      windowMs: 30_000,
      cooldownMs: 60_000,
      countToolErrors: false,
    });
    assert.equal(config.callTimeoutMs, 1500);
    assert.deepEqual(config.given, ["call_timeout_seconds", "circuit_breaker"]);
  });
});

Deno.test("loadConfig tells where each value comes from, and no secret", async () => {
  const text = `dashboard_api_key = "s3cret"\npolicy_path = ["a.toml", "b.toml"]
[circuit_breaker]\nerror_threshold = 2\n`;
  await withConfig(text, async (load) => {
    const { inForce } = await load();
    const of = (key: string) => {
      const { value, from } = inForce.find((setting) => setting.key === key)!;
      return `${value} ${from}`;
    };
    assert.equal(of("dashboard_api_key"), "(set, not shown) file");
    assert.equal(of("policy_path"), '["a.toml", "b.toml"] file');
    assert.equal(of("circuit_breaker.error_threshold"), "2 file");
    assert.equal(of("circuit_breaker.window_seconds"), "30 default");
    assert.equal(of("server_name"), "null default");
    assert.equal(of("dashboard_port"), "7171 option");
    assert.doesNotMatch(JSON.stringify(inForce), /s3cret/);
  }, { dashboardPort: 7171 });
});

Deno.test("loadConfig freezes what it gives out, all the way down", async () => {
  await withConfig(README_BLOCK, async (load) => {
    const config = await load();
    for (const part of [config, config.policyPaths, config.rateLimits, config.audit]) {
      assert.ok(Object.isFrozen(part));
    }
  });
});

Deno.test("loadConfig fills in variables and tildes", async () => {
  const text = `db_path = "~/\${SUB}/$\${x}.db"\npolicy_path = ["a.toml", "\${ABSOLUTE}"]
    dashboard_api_key = "k-\${KEY}"`;
  const env = { SUB: "logs", ABSOLUTE: join(Deno.cwd(), "~", "p.toml"), KEY: "~" };
  await withConfig(text, async (load, folder) => {
    const config = await load();
    assert.equal(config.dbPath, join(folder, "logs", "${x}.db"));
    assert.deepEqual(config.policyPaths, [join(folder, "a.toml"), env.ABSOLUTE]);
    assert.equal(config.dashboardApiKey, "k-~");
  }, { env });
});

Deno.test("loadConfig refuses a variable that is not set, or leaves nothing", async () => {
  const text = `db_path = "\${NOPE}/x"\npolicy_path = ["a",\n  "\${NEITHER}"]
dashboard_api_key = "\${EMPTY}"`;
  assert.deepEqual(await problemsOf(text, { env: { EMPTY: "" } }), [
    "1:11: the environment variable NOPE is not set",
    "3:3: the environment variable NEITHER is not set",
    "4:21: dashboard_api_key is empty: ${EMPTY} is empty",
  ]);
});

Deno.test("loadConfig lets --db win, relative to the working folder", async () => {
  await withConfig(`db_path = "config.db"`, async (load) => {
    assert.equal((await load()).dbPath, join(Deno.cwd(), "flag.db"));
  }, { db: "flag.db" });
});

Deno.test("loadConfig does without a default file, not without one that was asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const env = { AGENTGATE_HOME: folder };
    const config = await loadConfig({ env });
    assert.equal(config.file, null);
    assert.equal(config.dbPath, join(folder, "logs.db"));
    await Deno.writeTextFile(join(folder, "config.toml"), `server_name = "x"`);
    assert.equal((await loadConfig({ env })).serverName, "x");
    const path = join(folder, "typo.toml");
    await assert.rejects(loadConfig({ path, env }), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /there is no config file .*typo\.toml/);
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("loadConfig says what to set when there is no home folder", async () => {
  await assert.rejects(loadConfig({ env: {} }), /Set (HOME|USERPROFILE), or AGENTGATE_HOME/);
  await assert.rejects(loadConfig({ env: { [HOME_VARIABLE]: "" } }), UsageError);
});

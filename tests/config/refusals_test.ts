/** Configs that do not load, and what is said of them. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { CONFIG_RANGES } from "../../src/config/settings.ts";
import { problemsOf, withConfig } from "./harness.ts";

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
  "fleet": "true",
  "fleet.postgres": "1",
  "fleet.postgres_ca": "[]",
  "fleet.name": "false",
  "fleet.keep_unshipped_rows": '"all"',
  "audit.max_payload_bytes": "[1]",
  "audit.required": '"yes"',
  "audit.queue_bytes": "inf",
};

for (const [key, value] of Object.entries(WRONG_TYPES)) {
  Deno.test(`loadConfig refuses ${key} = ${value}, with its place`, async () => {
    const [problem, ...more] = await problemsOf(`# one\n${key} = ${value}\n`);
    assert.deepEqual(more, []);
    const column = `${key} = `.length + 1;
    assert.match(
      problem ?? "",
      new RegExp(`^2:${column}: ${key.split(".").at(-1)} must be .*, not `),
    );
  });
}

/** Integer keys and their ranges. */
const RANGES = {
  dashboard_port: CONFIG_RANGES.dashboardPort,
  metrics_port: CONFIG_RANGES.port,
  max_message_bytes: CONFIG_RANGES.maxMessageBytes,
  call_timeout_seconds: CONFIG_RANGES.callTimeoutSeconds,
  "rate_limits.global_max_calls_per_minute": CONFIG_RANGES.count,
  "circuit_breaker.error_threshold": CONFIG_RANGES.count,
  "circuit_breaker.window_seconds": CONFIG_RANGES.seconds,
  "circuit_breaker.cooldown_seconds": CONFIG_RANGES.seconds,
  "log_retention.retention_days": CONFIG_RANGES.retentionDays,
  "log_retention.max_rows": CONFIG_RANGES.maxRows,
  "fleet.keep_unshipped_rows": CONFIG_RANGES.keepUnshippedRows,
  "audit.max_payload_bytes": CONFIG_RANGES.maxPayloadBytes,
  "audit.queue_bytes": CONFIG_RANGES.queueBytes,
};

for (const [key, { min, max }] of Object.entries(RANGES)) {
  Deno.test(`loadConfig takes ${key} from ${min} to ${max} and no further`, async () => {
    for (const value of [min, max]) {
      await withConfig(`${key} = ${value}`, async (load) => {
        assert.ok(await load());
      });
    }
    for (const value of [BigInt(min) - 1n, BigInt(max) + 1n]) {
      const problems = await problemsOf(`${key} = ${value}`);
      assert.equal(problems.length, 1);
      assert.match(problems[0] ?? "", new RegExp(`must be from ${min} to ${max}, not ${value}`));
    }
  });
}

Deno.test("loadConfig refuses an unknown key and names the nearest one", async () => {
  assert.deepEqual(await problemsOf(`log_level = "info"\n  db_pth = "x"`), [
    `2:3: unknown key "db_pth"; did you mean "db_path"?`,
  ]);
  assert.deepEqual(await problemsOf("[audit]\nqueue_byte = 5"), [
    `2:1: unknown key "queue_byte"; did you mean "queue_bytes"?`,
  ]);
  assert.deepEqual(await problemsOf("zzz = 1"), [`1:1: unknown key "zzz"`]);
  assert.deepEqual(await problemsOf(`[[servers]]\nname = "x"`), [
    `1:3: unknown key "servers"; did you mean "serve"?`,
  ]);
  assert.deepEqual(await problemsOf(`__proto__ = 1\n"constructor" = 2`), [
    `1:1: unknown key "__proto__"`,
    `2:1: unknown key "constructor"`,
  ]);
});

Deno.test("loadConfig says where a key below the wrong header belongs", async () => {
  assert.deepEqual(await problemsOf(`[audit]\ndb_path = "x"\nmax_rows = 5`), [
    `2:1: "db_path" does not belong here but before the first [table] of the file`,
    `3:1: "max_rows" does not belong here but in [log_retention]`,
  ]);
});

Deno.test("loadConfig names the nearest word of a choice", async () => {
  assert.deepEqual(await problemsOf(`log_level = "warning"`), [
    `1:13: log_level must be one of "debug", "info", "warn", "error", not "warning"; ` +
    `did you mean "warn"?`,
  ]);
});

Deno.test("loadConfig reports all problems at once, in the order of the file", async () => {
  const text = `metrics_port = 0\nnonsense = 1\n[audit]\nrequired = 1\n[rate_limits]\nx = 1\n`;
  const problems = await problemsOf(text);
  assert.deepEqual(problems.map((problem) => problem.split(": ")[0]), [
    "1:16",
    "2:1",
    "4:12",
    "6:1",
  ]);
});

Deno.test("loadConfig shows the line with a caret", async () => {
  await withConfig(`log_level = "info"\n\tdb_path = 5 # größer`, async (load, folder) => {
    await assert.rejects(load(), {
      message:
        `${join(folder, "config.toml")}:2:12: db_path must be a string, not the integer 5\n` +
        "    2 |  db_path = 5 # größer\n" +
        "      |            ^",
    });
  });
});

Deno.test("loadConfig reports a syntax error with its place", async () => {
  const [problem] = await problemsOf(`log_level = "info"\ndb_path = = 5`);
  assert.match(problem ?? "", /^2:1[01]: Invalid TOML document/);
});

Deno.test("loadConfig says where [redaction] belongs", async () => {
  assert.deepEqual(await problemsOf(`[redaction]\nrules = "gitleaks.toml"`), [
    "1:2: [redaction] belongs in a policy file (policy_path)",
  ]);
});

Deno.test("loadConfig refuses empty strings", async () => {
  for (const key of ["db_path", "policy_path", "dashboard_api_key", "server_name"]) {
    assert.deepEqual(await problemsOf(`${key} = ""`), [
      `1:${key.length + 4}: ${key} must not be empty`,
    ]);
  }
});

Deno.test("loadConfig refuses a file that is not UTF-8, or a folder", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await assert.rejects(loadConfig({ path: folder, env: {} }), /cannot read the config file/);
    const path = join(folder, "config.toml");
    await Deno.writeFile(path, new Uint8Array([0x23, 0xff]));
    await assert.rejects(loadConfig({ path, env: {} }), /cannot read the config file/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const address of ["db.example.com", "http://db.example.com/x", "postgres:///x", "postgres://a b"]
) {
  Deno.test(`loadConfig refuses fleet.postgres = "${address}"`, async () => {
    const problems = await problemsOf(`fleet.postgres = "${address}"\n`);
    assert.match(problems.join(), /^1:18: postgres must be an address like postgres:\/\/gate:/);
  });
}

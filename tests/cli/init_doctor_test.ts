import assert from "node:assert/strict";
import { join } from "node:path";
import { loadConfig } from "../../src/config/config.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { policySchemaText } from "../../src/policy/schema.ts";
import { PROJECT } from "../e2e/gateway.ts";
import { makeDatabase, withHome } from "./agentgate.ts";

Deno.test("init writes a config and a policy that load, readable by their owner alone", async () => {
  await withHome(async (home) => {
    const config = home.path(".agentgate", "config.toml");
    const policy = home.path(".agentgate", "policies", "default.toml");
    const schema = home.path(".agentgate", "policies", "policy.schema.json");
    assert.deepEqual(await home.run(["init"]), {
      code: 0,
      stdout: `  created ${config}\n  created ${policy}\n  created ${schema}\n\n` +
        "AgentGate initialised. Edit the files above, then run `agentgate wrap -- <server>`.\n" +
        `The policy in force is ${policy}.\n`,
      stderr: "",
    });
    const { file, given: _, inForce: _of, ...settings } = await loadConfig({
      path: config,
      env: {},
    });
    assert.equal(file, config);
    const env = { AGENTGATE_HOME: home.path(".agentgate", "elsewhere") };
    const { file: none, given: __, inForce: __of, ...defaults } = await loadConfig({ env });
    assert.equal(none, null);
    assert.deepEqual(settings, {
      ...defaults,
      dbPath: home.path(".agentgate", "logs.db"),
      policyPaths: [policy],
      rateLimits: {
        globalMaxCallsPerMinute: 500,
        perToolMaxCallsPerMinute: 100,
        perAgentMaxCallsPerMinute: 200,
      },
    });
    const shipped = await Deno.readTextFile(join(PROJECT, "policies/default.toml"));
    assert.equal(
      await Deno.readTextFile(policy),
      `#:schema ./policy.schema.json\n${shipped}`,
    );
    assert.equal(await Deno.readTextFile(schema), policySchemaText());
    const { rules } = await loadPolicy([policy], await loadPatterns());
    assert.deepEqual(rules.map(({ id }) => id), [
      "no-rm-rf",
      "no-destructive-sql",
      "no-writing-of-masks",
      "readonly-after-hours",
      "redact-secrets",
      "api-rate-limit",
    ]);
    if (Deno.build.os === "windows") return;
    assert.equal((await Deno.stat(config)).mode! & 0o777, 0o600);
    assert.equal((await Deno.stat(home.path(".agentgate"))).mode! & 0o777, 0o700);
  });
});

Deno.test("init's commented settings load, too, once they are switched on", async () => {
  await withHome(async (home) => {
    await home.run(["init"]);
    const path = home.path(".agentgate", "config.toml");
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replaceAll(/^# (?=\[|\w+ = )/gm, ""));
    const config = await loadConfig({
      path,
      env: {
        ...{ AGENTGATE_DASHBOARD_KEY: "k", AGENTGATE_CLIENT_TOKEN: "t" },
        ...{ AGENTGATE_PGPASSWORD: "p", VALKEY_PASSWORD: "v" },
      },
    });
    assert.equal(config.rateLimits.globalMaxCallsPerMinute, 500);
    assert.equal(config.metricsPort, 9090);
    // What a gateway does not need is nothing that it waits for.
    assert.match(config.fleet.reader!, /AGENTGATE_READER_PASSWORD/);
    assert.deepEqual(config.policyPaths, [home.path(".agentgate", "policies", "default.toml")]);
    const defaults = await loadConfig({ env: { AGENTGATE_HOME: home.path("none") } });
    assert.deepEqual(config.audit, defaults.audit);
    assert.deepEqual(config.circuitBreaker, defaults.circuitBreaker);
    assert.equal(config.maxMessageBytes, defaults.maxMessageBytes);
  });
});

Deno.test("init never overwrites", async () => {
  await withHome(async (home) => {
    const config = await home.write(".agentgate/config.toml", "# mine\n");
    const { code, stdout } = await home.run(["init"]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`  exists  ${config}\n  created `), stdout);
    assert.equal(await Deno.readTextFile(config), "# mine\n");
    const schema = await home.write(".agentgate/policies/policy.schema.json", "{}\n");
    assert.match((await home.run(["init"])).stdout, /^( {2}exists .*\n){3}\n/);
    assert.equal(await Deno.readTextFile(schema), "{}\n");
  });
});

Deno.test("init writes to AGENTGATE_HOME, or where --config says", async () => {
  await withHome(async (home) => {
    await home.run(["init"], { AGENTGATE_HOME: home.path("a") });
    await home.run(["--config", "b/gate.toml", "init"]);
    for (const file of ["a/config.toml", "b/gate.toml", "b/policies/default.toml"]) {
      assert.ok((await Deno.stat(home.path(file))).isFile);
    }
    assert.equal((await home.run(["init", "--db", "x"])).code, 2);
  });
});

Deno.test("doctor passes after init, and leaves no file behind", async () => {
  await withHome(async (home) => {
    await home.run(["init"]);
    const { code, stdout } = await home.run(["doctor"]);
    assert.equal(code, 0, stdout);
    for (const part of ["Config directory", "config.toml is valid TOML", "DB path is writable"]) {
      assert.match(stdout, new RegExp(`^ {2}\\[ok\\] {2}${part}: `, "m"));
    }
    assert.match(stdout, /Deno version: \d/);
    assert.match(stdout, /Transport in use: (native|portable) \(/);
    assert.match(stdout, /\n\nAll checks passed\.\n$/);
    const files = [...Deno.readDirSync(home.path(".agentgate"))].map(({ name }) => name).sort();
    assert.deepEqual(files, ["config.toml", "policies"]);
  });
});

Deno.test("doctor checks the config in use, and fails on one that does not load", async () => {
  await withHome(async (home) => {
    await home.run(["init"]);
    const path = await home.write("bad.toml", "log_level = 5");
    const { code, stdout } = await home.run(["doctor", "--config", path]);
    assert.equal(code, 1);
    assert.ok(stdout.includes(`  [!!]  ${path}:1:13: log_level must be one of`), stdout);
    assert.match(
      stdout,
      /\nOne or more checks failed\. Fix the issues above and re-run `agentgate doctor`/,
    );
    assert.equal((await home.run(["doctor", "--config", "missing.toml"])).code, 1);
  });
});

Deno.test("doctor reads a database, and fails on what is none", async () => {
  await withHome(async (home) => {
    makeDatabase(home.path("good.db"), []).close();
    assert.equal((await home.run(["doctor", "--db", "good.db"])).code, 0);
    const bad = await home.write("bad.db", "no database at all, ".repeat(100));
    const { code, stdout } = await home.run(["doctor", "--db", "bad.db"]);
    assert.equal(code, 1);
    assert.match(stdout, /\[!!\] {2}Cannot open the audit log/);
    assert.match(await Deno.readTextFile(bad), /^no database/);
    assert.equal((await home.run(["doctor", "--db", "bad.db/x.db"])).code, 1);
  });
});

Deno.test("doctor loads the policy as wrap would", async () => {
  await withHome(async (home) => {
    const config = await home.write("c.toml", `policy_path = "p.toml"`);
    const check = () => home.run(["doctor", "--config", config]);
    await home.write("p.toml", `[[rules]]\nid = "a"\ntool = "*"\naction = "deny"\n`);
    const good = await check();
    assert.equal(good.code, 0);
    assert.ok(
      good.stdout.includes(`  [ok]  Policy file is valid: ${home.path("p.toml")} (1 rules)`),
    );
    await home.write("p.toml", `[[rules]]\nid = "a"\n`);
    const bad = await check();
    assert.equal(bad.code, 1);
    assert.ok(bad.stdout.includes(`  [!!]  ${home.path("p.toml")}:1:`));
    await Deno.remove(home.path("p.toml"));
    assert.match((await check()).stdout, /\[!!\] {2}cannot read the policy file .*: no such file/);
  });
});

Deno.test("doctor notes a port in use without failing", async () => {
  await withHome(async (home) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    const config = await home.write("c.toml", `dashboard_port = ${port}`);
    const { code, stdout } = await home.run(["doctor", "--config", config]);
    assert.equal(code, 0);
    assert.ok(stdout.includes(`  [--]  Dashboard port ${port} is in use`), stdout);
  });
});

Deno.test("doctor says whether telemetry is on and where to, and when it is half set", async () => {
  await withHome(async (home) => {
    const config = await home.write("c.toml", "[telemetry]\notlp_logs = true");
    const said = async (env: Record<string, string>, ...options: string[]) => {
      const { code, stdout } = await home.run(["doctor", ...options], env);
      assert.equal(code, 0, stdout);
      return stdout.split("\n").filter((line) => /elemetry|record goes/.test(line)).join("\n");
    };
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://key:secret@collector.example:4318/" };
    const on = { OTEL_DENO: "true", OTEL_DENO_CONSOLE: "ignore" };
    assert.match(await said({}), /^ {2}\[--\] {2}Telemetry is off: OTEL_DENO=true/);
    assert.match(
      await said(endpoint),
      /half set: .*collector\.example.* OTEL_DENO=true is missing/,
    );
    assert.match(await said({ OTEL_DENO: "1" }), /half set: OTEL_DENO is "1"/);
    assert.match(await said({ ...on, OTEL_DENO_TRACING: "false" }), /half set: OTEL_DENO_TRACING/);
    assert.match(await said({ ...on, OTEL_SDK_DISABLED: "true" }), /off: OTEL_SDK_DISABLED/);
    assert.equal(
      await said({ ...on, ...endpoint }),
      "  [ok]  Telemetry is on: a span for each call, to http://collector.example:4318/v1/traces",
    );
    assert.match(await said(on), /\[--\] .*localhost:4318.*ENDPOINT is not set/);
    assert.match(await said({ OTEL_DENO: "true", ...endpoint }), /set OTEL_DENO_CONSOLE=ignore/);
    assert.match(
      await said(endpoint, "--config", config),
      /\[ok\] {2}Every record goes to http:\/\/collector\.example:4318\/v1\/logs$/m,
    );
    await home.write("c.toml", "dashboard_port = 0\n[telemetry]\notlp_logs = true");
    assert.match(await said(endpoint, "--config", config), /half set: .*dashboard_port is 0/);
  });
});

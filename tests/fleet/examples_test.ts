/** The examples in `scripts/fleet/`: they name nothing that there is not. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/config.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import { PROJECT } from "../e2e/gateway.ts";
import { withHome } from "../cli/agentgate.ts";
import { HAS_HAPROXY } from "./haproxy.ts";

const FOLDER = join(PROJECT, "scripts/fleet");
const read = (name: string) => Deno.readTextFile(join(FOLDER, name));

Deno.test("scripts/fleet: the configuration and the policy load", async () => {
  const config = await loadConfig({
    path: join(FOLDER, "config.toml"),
    env: { HOME: "/nobody", AGENTGATE_CLIENT_TOKEN: "t", VALKEY_URL: "redis://valkey:6379" },
  });
  assert.deepEqual(
    [config.serve.replicated, config.fleet.valkey, config.policyPaths],
    [true, "redis://valkey:6379", ["/etc/agentgate/policy.toml"]],
  );
  using patterns = await loadPatterns();
  const policy = await loadPolicy([join(FOLDER, "policy.toml")], patterns);
  assert.equal(policy.rules.length, 1);
});

Deno.test("scripts/fleet: compose and Kubernetes start serve as it can be started", async () => {
  const compose = parse(await read("compose.yaml"), { merge: true });
  const pods = parseAllDocuments(await read("kubernetes.yaml")).map((one) => one.toJS());
  const { containers, volumes } = pods[0].spec.template.spec, [container] = containers;
  assert.deepEqual(volumes[0].configMap, { name: "agentgate" });
  assert.deepEqual(
    [container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path],
    ["/live", "/ready"],
  );
  await withHome(async (home) => {
    for (const args of [compose.services.replica1.command, container.args] as string[][]) {
      const here = args.map((arg) => arg.replace(/^--config=.*/, "--config=none.toml"));
      const { code, stderr } = await home.run(here);
      // Nothing but the configuration is missing.
      assert.equal(code, 2);
      assert.match(stderr, /there is no config file/);
    }
  });
});

Deno.test({
  name: "scripts/fleet: HAProxy takes its configuration",
  ignore: !HAS_HAPROXY,
  fn: async () => {
    const { success, stderr } = await new Deno.Command("haproxy", {
      args: ["-c", "-f", join(FOLDER, "haproxy.cfg")],
      stdout: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  },
});

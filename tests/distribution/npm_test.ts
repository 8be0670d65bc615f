import assert from "node:assert/strict";
import { join } from "node:path";
import manifest from "../../deno.json" with { type: "json" };
import { buildNpm } from "../../scripts/build_npm.ts";
import { faultOf, LINES, POLICY, runToEnd } from "../../scripts/trial.ts";
import { TRANSPORTS } from "../../src/transport/choice.ts";
import { registryEnv } from "./registry.ts";
import { readRows, scripted } from "../e2e/gateway.ts";

const hasNpm = await new Deno.Command("npm", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);
if (!hasNpm) console.error("there is no npm here: its package is not tried");

Deno.test({
  name: "the package for npm installs into an empty home, and keeps what wrap promises",
  ignore: !hasNpm,
  fn: async () => {
    const home = await Deno.makeTempDir({ prefix: "agentgate-npm-" });
    try {
      const env = {
        ...{ HOME: home, USERPROFILE: home, PATH: Deno.env.get("PATH") ?? "", NO_COLOR: "1" },
        ...registryEnv(),
        ...{ npm_config_update_notifier: "false", npm_config_fund: "false" },
      };
      const run = (program: string, args: string[], input = "") =>
        runToEnd(program, { args, cwd: home, clearEnv: true, env }, input);
      const source = join(home, "source"), prefix = join(home, "global");
      await buildNpm(source);
      const packed = await run("npm", ["pack", "--silent", source]);
      assert.equal(packed.code, 0, packed.stderr);
      const tarball = join(home, packed.stdout.trim());
      const installed = await run("npm", ["install", "--global", "--prefix", prefix, tarball]);
      assert.equal(installed.code, 0, installed.stderr);
      const agentgate = join(prefix, "bin/agentgate");

      const version = await run(agentgate, ["--version"]);
      assert.match(version.stdout, new RegExp(manifest.version), version.stderr);
      const wrong = await run(agentgate, ["wrap", "--no-such-option"]);
      assert.equal(wrong.code, 2);

      const policy = join(home, "policy.toml"), db = join(home, "logs.db");
      await Deno.writeTextFile(policy, POLICY);
      for (const transport of TRANSPORTS) {
        const options = ["--transport", transport, "--policy", policy, "--db", db];
        const words = ["wrap", ...options, "--dashboard-port", "0", "--", ...scripted()];
        const wrapped = await run(agentgate, words, LINES);
        assert.equal(faultOf(wrapped), null);
      }
      assert.equal(readRows(db).length, TRANSPORTS.length);
      const ended = await run(agentgate, [
        "wrap",
        "--dashboard-port",
        "0",
        "--",
        "sh",
        "-c",
        "exit 3",
      ]);
      assert.equal(ended.code, 3, ended.stderr);
      const child = new Deno.Command(agentgate, {
        args: ["wrap", "--dashboard-port", "0", "--db", db, "--", ...scripted()],
        ...{ cwd: home, clearEnv: true, env, stdin: "piped", stdout: "piped", stderr: "null" },
      }).spawn();
      const writer = child.stdin.getWriter(), reader = child.stdout.getReader();
      await writer.write(new TextEncoder().encode(LINES));
      assert.ok(!(await reader.read()).done);
      child.kill("SIGTERM");
      // The server ends by the signal that was passed on.
      assert.equal((await child.status).code, 143);
      await reader.cancel();
      await writer.abort().catch(() => {});
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
});

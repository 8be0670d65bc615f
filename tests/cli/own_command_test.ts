import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { ownCommand } from "../../src/cli/own_command.ts";

const deno = { execPath: "/opt/deno", isStandalone: false };

Deno.test("ownCommand starts what runs: a binary, a package, a module of a registry, a clone", () => {
  const standalone = (execPath: string) =>
    ownCommand({ main: "file:///x", execPath, isStandalone: true });
  assert.deepEqual(standalone("/usr/local/bin/agentgate"), {
    program: "/usr/local/bin/agentgate",
    args: [],
  });
  assert.equal(
    standalone("/opt/homebrew/Cellar/agentgate/0.1.0/bin/agentgate").program,
    "/opt/homebrew/bin/agentgate",
  );
  const run = ["run", "-A", "--quiet", "--v8-flags=--max-semi-space-size=2"];
  const alone = [...run, "--no-config", "--no-lock"];
  const main = "file:///usr/lib/node_modules/agentgate/js/main.js";
  assert.deepEqual(ownCommand({ ...deno, main }).args, [
    ...[...alone, "--node-modules-dir=none", "/usr/lib/node_modules/agentgate/js/main.js"],
  ]);
  assert.deepEqual(
    ownCommand({ ...deno, main: "https://jsr.io/@agentgate/cli/0.1.0/main.ts" }).args,
    [
      ...[...alone, `jsr:@agentgate/cli@${manifest.version}`],
    ],
  );
  assert.deepEqual(ownCommand({ ...deno, main: "file:///home/ada/agentgate/main.ts" }).args, [
    ...[...run, "/home/ada/agentgate/main.ts"],
  ]);
});

Deno.test("ownCommand refuses a program that will not last", () => {
  for (
    const running of [
      { ...deno, main: "file:///home/ada/.npm/_npx/0123/node_modules/agentgate/js/main.js" },
      { main: "file:///x", execPath: "/tmp/agentgate", isStandalone: true },
      { ...deno, execPath: "/tmp/x/deno", main: "https://jsr.io/@agentgate/cli/0.1.0/main.ts" },
    ]
  ) assert.throws(() => ownCommand(running), /will not last.*install it first/);
});

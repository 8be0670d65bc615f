import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { PROJECT, scripted, withWrap, type Wrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const call = (id: number, name: string, args: unknown = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args },
});
const deny = (tool: string) => `[[rules]]\nid = "no"\ntool = "${tool}"\naction = "deny"\n`;

/** Runs `use` with a folder of its own, real path and all. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-test-" }));
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Calls the tool until it is (or is not) refused; the milliseconds that took. */
async function untilRefused(wrap: Wrap, tool: string, refused: boolean): Promise<number> {
  const begun = performance.now();
  for (let id = Math.floor(begun * 1000);; id++) {
    await wrap.send(call(id, tool));
    const message = await wrap.next();
    if ((message.error !== undefined) === refused) return performance.now() - begun;
  }
}

gatewayTest("wrap --policy refuses, redacts and records, also with several files", async () => {
  await withFolder(async (folder) => {
    const a = join(folder, "a.toml"), b = join(folder, "b.toml");
    await Deno.writeTextFile(a, deny("bash"));
    await Deno.writeTextFile(
      b,
      `[[rules]]\nid = "mask"\ntool = "*"\naction = "redact"\ndetect = ["secrets"]\n`,
    );
    const options = ["--policy", a, "--policy", b];
    const key = `ghp_${"a1B2".repeat(9)}`;
    await withWrap(scripted("--noise"), { options }, async (wrap) => {
      await wrap.send(call(1, "bash"), call(2, "read", { text: `key ${key}` }));
      assert.equal((await wrap.next()).error.code, -32603);
      const answer = await wrap.next();
      assert.match(answer.result.content[0].text, /key \[REDACTED\]/);
      await wrap.closeInput();
      await wrap.rest();
      await wrap.child.status;
      assert.deepEqual(wrap.rows().map((r) => [r.tool_name, r.outcome, r.policy_hit]), [
        ["bash", "denied", "no"],
        ["read", "ok", null],
      ]);
      assert.equal(JSON.stringify(wrap.rows()).includes(key), false);
      assert.equal(wrap.stderr().includes(key), false);
    });
  });
});

gatewayTest(
  "wrap takes up a changed policy, however the editor writes it, and only that file",
  async () => {
    await withFolder(async (folder) => {
      const file = join(folder, "policy.toml");
      await Deno.writeTextFile(file, deny("a"));
      await withWrap(scripted(), { options: ["--policy", file] }, async (wrap) => {
        await untilRefused(wrap, "a", true);
        const took: number[] = [];

        await Deno.writeTextFile(file, deny("b"));
        took.push(await untilRefused(wrap, "b", true));
        await untilRefused(wrap, "a", false);

        await Deno.writeTextFile(join(folder, "new.toml"), deny("c"));
        await Deno.rename(join(folder, "new.toml"), file);
        took.push(await untilRefused(wrap, "c", true));

        await Deno.writeTextFile(file, "");
        await Deno.writeTextFile(file, deny("d"));
        took.push(await untilRefused(wrap, "d", true));

        for (const broken of ["[[rules]\n", "", "# all gone\n", '[metadata]\nname = "x"\n']) {
          await Deno.writeTextFile(file, broken);
          await wrap.stderrHas("the last good one stays in force");
          await untilRefused(wrap, "d", true);
        }

        const reloads = wrap.stderr().split("policy reloaded").length;
        for (let i = 0; i < 20; i++) await Deno.writeTextFile(join(folder, `other-${i}`), "x");
        await Deno.writeTextFile(file, deny("e"));
        took.push(await untilRefused(wrap, "e", true));
        assert.ok(wrap.stderr().split("policy reloaded").length <= reloads + 2);
        // In effect within 250 ms; more is left to a machine that is busy with other tests.
        assert.ok(took.every((ms) => ms < 1000), took.join());
      });
    });
  },
);

gatewayTest({
  name: "wrap takes up a policy behind symbolic links that are swapped, as Kubernetes mounts it",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFolder(async (folder) => {
      for (const [version, tool] of [["v1", "a"], ["v2", "b"]] as const) {
        await Deno.mkdir(join(folder, version));
        await Deno.writeTextFile(join(folder, version, "policy.toml"), deny(tool));
      }
      await Deno.symlink("v1", join(folder, "..data"));
      const file = join(folder, "policy.toml");
      await Deno.symlink(join("..data", "policy.toml"), file);
      await withWrap(scripted(), { options: ["--policy", file] }, async (wrap) => {
        await untilRefused(wrap, "a", true);
        await Deno.symlink("v2", join(folder, "..data_tmp"));
        await Deno.rename(join(folder, "..data_tmp"), join(folder, "..data"));
        await untilRefused(wrap, "b", true);
        await untilRefused(wrap, "a", false);
        // The new target is watched, too.
        await Deno.writeTextFile(join(folder, "v2", "policy.toml"), deny("c"));
        await untilRefused(wrap, "c", true);
      });
    });
  },
});

gatewayTest(
  "wrap hides the environment's secrets that server-everything's get-env would show",
  async () => {
    const secrets = {
      AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
      GITHUB_TOKEN: `ghp_${"a1B2".repeat(9)}`,
      OPENAI_API_KEY: `sk-proj-${"Zz9_".repeat(12)}`,
    };
    await withFolder(async (folder) => {
      const file = join(folder, "policy.toml");
      await Deno.writeTextFile(
        file,
        `[[rules]]\nid = "mask"\ntool = "*"\naction = "redact"\ndetect = ["secrets"]\n`,
      );
      const everything = config.imports["@modelcontextprotocol/server-everything"];
      const server = [
        "run",
        "-A",
        "--quiet",
        "--config",
        join(PROJECT, "deno.json"),
        everything,
        "stdio",
      ];
      const setup = { options: ["--policy", file], env: secrets, config: 'log_level = "debug"\n' };
      await withWrap([Deno.execPath(), ...server], setup, async (wrap) => {
        await wrap.send({
          jsonrpc: "2.0",
          id: 1,
          method: "initialize",
          params: {
            protocolVersion: "2025-11-25",
            capabilities: {},
            clientInfo: { name: "t", version: "1" },
          },
        });
        while ((await wrap.next()).id !== 1);
        await wrap.send(
          { jsonrpc: "2.0", method: "notifications/initialized" },
          call(2, "get-env"),
        );
        let answer;
        do answer = await wrap.next(); while (answer.id !== 2);
        const seen = JSON.stringify(answer);
        assert.match(seen, /AWS_SECRET_ACCESS_KEY/);
        await wrap.closeInput();
        await wrap.rest();
        await wrap.child.status;
        for (const secret of Object.values(secrets)) {
          for (const place of [seen, JSON.stringify(wrap.rows()), wrap.stderr()]) {
            assert.equal(place.includes(secret), false);
          }
        }
      });
    });
  },
);

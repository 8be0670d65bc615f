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

const rules = (regex: string) => `[[rules]]\nid = "a"\nregex = '''${regex}'''\n`;
const named = (file: string) => `[redaction]\nrules = "${file}"\n`;

/** Runs `use` with a folder that holds a policy, which names `gitleaks.toml` beside it. */
async function withFolder(use: (folder: string, policy: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate-test-" }));
  try {
    const policy = join(folder, "policy.toml");
    await Deno.writeTextFile(policy, named("gitleaks.toml"));
    await use(folder, policy);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

let lastId = 0;

/** What becomes of a text on its way to the server and back. */
async function echoed(wrap: Wrap, text: string): Promise<string> {
  await wrap.send(call(++lastId, "echo", { text }));
  return JSON.stringify(await wrap.next());
}

/** Sends a text until it comes back redacted (or not). */
async function untilRedacted(wrap: Wrap, text: string, isRedacted = true): Promise<void> {
  while ((await echoed(wrap, text)).includes(text) === isRedacted);
}

gatewayTest(
  "wrap takes up a changed file of rules, and keeps the old one for a broken one",
  () =>
    withFolder(async (folder, policy) => {
      const file = join(folder, "gitleaks.toml");
      await Deno.writeTextFile(file, rules("ONE[0-9]"));
      await withWrap(scripted(), { options: ["--policy", policy] }, async (wrap) => {
        await untilRedacted(wrap, "ONE1");
        await untilRedacted(wrap, "TWO2", false);

        await Deno.writeTextFile(file, rules("TWO[0-9]"));
        await untilRedacted(wrap, "TWO2");
        await untilRedacted(wrap, "ONE1", false);

        await Deno.writeTextFile(file, rules("TWO("));
        await wrap.stderrHas("gitleaks.toml:3:15: unclosed group");
        await wrap.stderrHas("the last good one stays in force");
        await untilRedacted(wrap, "TWO2");

        // A file that the policy names only now, and that comes after it.
        await Deno.writeTextFile(policy, named("other/rules.toml"));
        await wrap.stderrHas("no such file");
        await untilRedacted(wrap, "TWO2");
        await Deno.mkdir(join(folder, "other"));
        await Deno.writeTextFile(join(folder, "other", "rules.toml"), rules("THREE[0-9]"));
        await untilRedacted(wrap, "THREE3");
        await Deno.writeTextFile(join(folder, "other", "rules.toml"), rules("FOUR[0-9]"));
        await untilRedacted(wrap, "FOUR4");
      });
    }),
);

gatewayTest(
  "wrap refuses a call that names the file of rules",
  () =>
    withFolder(async (folder, policy) => {
      const file = join(folder, "gitleaks.toml");
      await Deno.writeTextFile(file, rules("ONE[0-9]"));
      await withWrap(scripted(), { options: ["--policy", policy] }, async (wrap) => {
        await wrap.send(call(1, "write_file", { path: file, text: "" }));
        assert.equal((await wrap.next()).error.data.rule, "self");
      });
    }),
);

gatewayTest(
  "wrap does not start with a file of rules that does not load",
  () =>
    withFolder(async (folder, policy) => {
      await Deno.writeTextFile(join(folder, "gitleaks.toml"), rules("["));
      await withWrap(scripted(), { options: ["--policy", policy] }, async (wrap) => {
        assert.deepEqual(await wrap.rest(), []);
        assert.equal((await wrap.child.status).code, 2);
        await wrap.stderrHas("gitleaks.toml:3:12: unclosed character class");
      });
    }),
);

gatewayTest(
  "wrap redacts by a file of rules what server-everything's get-env shows, and the log",
  () =>
    withFolder(async (folder, policy) => {
      await Deno.writeTextFile(
        join(folder, "gitleaks.toml"),
        rules(`(?i)acme_token["' :=]{1,5}([0-9a-z]{16})\\b`) +
          `keywords = ["acme"]\nentropy = 3\n[[rules.allowlists]]\nstopwords = ["example"]\n`,
      );
      const env = { ACME_TOKEN: "q7w3e9r1t5z8u2i6", OTHER: "q7w3e9r1" };
      const everything = config.imports["@modelcontextprotocol/server-everything"];
      const run = ["run", "-A", "--quiet", "--config", join(PROJECT, "deno.json")];
      const server = [Deno.execPath(), ...run, everything, "stdio"];
      const setup = { options: ["--policy", policy], env, config: 'log_level = "debug"\n' };
      await withWrap(server, setup, async (wrap) => {
        const clientInfo = { name: "t", version: "1" };
        const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo };
        await wrap.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
        while ((await wrap.next()).id !== 1);
        const echo = { message: `export ACME_TOKEN=${env.ACME_TOKEN}` };
        await wrap.send(
          { jsonrpc: "2.0", method: "notifications/initialized" },
          call(2, "get-env"),
          call(3, "echo", echo),
        );
        const seen = new Map<number, string>();
        while (seen.size < 2) {
          const message = await wrap.next();
          if (message.id === 2 || message.id === 3) seen.set(message.id, JSON.stringify(message));
        }
        assert.match(seen.get(2)!, /ACME_TOKEN\\": \\"\[REDACTED\]\\"/);
        assert.match(seen.get(2)!, /q7w3e9r1\\"/);
        assert.match(seen.get(3)!, /export ACME_TOKEN=\[REDACTED\]/);
        await wrap.closeInput();
        await wrap.rest();
        await wrap.child.status;
        const rows = JSON.stringify(wrap.rows());
        assert.equal(rows.split("[REDACTED]").length, 4, rows);
        for (const place of [...seen.values(), rows, wrap.stderr()]) {
          assert.equal(place.includes(env.ACME_TOKEN), false);
        }
      });
    }),
);

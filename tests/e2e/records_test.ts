import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createOriginalDatabase } from "../audit/support.ts";
import { scripted, withWrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";

const posix = Deno.build.os !== "windows";
const call = (id: number, args: object = {}) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: args },
});

gatewayTest({
  name: "wrap makes an upgraded log, and the folder that it stands in, its owner's alone",
  ignore: !posix,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "agentgate-own-" });
    const dbPath = join(folder, "logs.db");
    try {
      createOriginalDatabase(dbPath, [{ id: "a", status: "allowed" }]);
      await Deno.chmod(dbPath, 0o644);
      await Deno.chmod(folder, 0o755);
      const setup = { env: { AGENTGATE_HOME: folder }, options: ["--db", dbPath] };
      await withWrap(scripted(), setup, async (wrap) => {
        await wrap.send(call(1));
        await wrap.next();
        const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;
        const modes = ["", "-wal", "-shm"].map((end) => modeOf(dbPath + end));
        assert.deepEqual([modeOf(folder), ...modes], [0o700, 0o600, 0o600, 0o600]);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

const TOKEN = "ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";

gatewayTest(
  "wrap records of a padded call what it did, and a hash that knows no secret",
  async () => {
    const policy = '[[rules]]\nid = "mask"\ntool = "*"\naction = "redact"\ndetect = ["secrets"]\n';
    await withPolicy(policy, async (file) => {
      await withWrap(scripted(), { options: ["--policy", file] }, async (wrap) => {
        const args = { before: "a ".repeat(40_000), command: `rm -rf / # ${TOKEN}`, after: ["b"] };
        await wrap.send(call(1, args));
        await wrap.next();
        await wrap.closeInput();
        await wrap.child.status;
        const redacted = JSON.stringify(args).replace(TOKEN, "[REDACTED]");
        const { abridged, ...facts } = JSON.parse(wrap.rows()[0].arguments);
        assert.deepEqual(facts, {
          _truncated: true,
          original_size_bytes: redacted.length,
          sha256: createHash("sha256").update(redacted).digest("hex"),
        });
        assert.equal(abridged.command, "rm -rf / # [REDACTED]");
      });
    });
  },
);

/** Runs `body` with the path of a policy. */
async function withPolicy(text: string, body: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".toml" });
  try {
    await Deno.writeTextFile(path, text);
    await body(path);
  } finally {
    await Deno.remove(path);
  }
}

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { createOriginalDatabase } from "../audit/support.ts";
import { readRows, scripted, withWrap, type Wrap } from "./gateway.ts";
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

/** Ends a wrap as its agent would; gives the exit code. */
async function leave(wrap: Wrap): Promise<number> {
  await wrap.closeInput();
  await wrap.rest();
  return (await wrap.child.status).code;
}

/** Starts a wrap on a database, and ends it. */
async function nextStart(dbPath: string): Promise<void> {
  await withWrap(scripted(), { options: ["--db", dbPath] }, async (wrap) => {
    assert.equal(await leave(wrap), 0);
  });
}

gatewayTest("wrap whose log cannot be written refuses on and on, and notices the end", async () => {
  await withWrap(scripted(), {}, async (wrap) => {
    await wrap.send(call(0));
    await wrap.next();
    using db = new DatabaseSync(wrap.dbPath, { timeout: 5000 });
    while (readRows(wrap.dbPath)[0]?.outcome !== "ok") {
      await new Promise((done) => setTimeout(done, 5));
    }
    db.exec("ALTER TABLE tool_invocations RENAME TO gone");
    const pad = "x".repeat(4000), calls = 8000; // twice what the queue would hold of them
    const sending = (async () => {
      for (let id = 1; id <= calls; id++) await wrap.send(call(id, { pad }));
    })();
    let refused = 0;
    for (let n = 1; n <= calls; n++) if ((await wrap.next()).error?.code === -31033) refused++;
    await sending;
    assert.ok(refused > AUDIT_BOUNDS.leanRecords, `${refused} were refused`);
    assert.equal(await leave(wrap), 1);
    assert.match(wrap.stderr(), /counted and not recorded one by one/);
    db.exec("ALTER TABLE gone RENAME TO tool_invocations");
    await nextStart(wrap.dbPath);
    const rows = wrap.rows(), passed = calls - refused;
    assert.equal(rows.length, 1 + passed + AUDIT_BOUNDS.leanRecords + 1);
    assert.equal(rows.filter(({ outcome }) => outcome === "ok").length, 1 + passed);
    assert.match(rows.find(({ detail }) => detail !== null).detail, /^stands for \d+ calls/);
  });
});

for (const end of ["-wal", "-shm"]) {
  gatewayTest({
    name: `wrap loses no row when its ${end} is removed and it is killed, and says so`,
    ignore: !posix,
    fn: async () => {
      await withWrap(scripted(), {}, async (wrap) => {
        const calls = async (from: number, to: number) => {
          for (let id = from; id < to; id++) await wrap.send(call(id));
          for (let id = from; id < to; id++) await wrap.next();
          while (readRows(wrap.dbPath).length < to) {
            await new Promise((done) => setTimeout(done, 5));
          }
        };
        await calls(0, 50);
        await Deno.remove(wrap.dbPath + end);
        for (let id = 50; id < 100; id++) await wrap.send(call(id));
        await wrap.stderrHas(end === "-wal" ? "write-ahead log was removed" : "memory was removed");
        await calls(100, 100);
        wrap.child.kill("SIGKILL");
        await wrap.child.status;
        assert.equal(wrap.rows().length, 100);
      });
    },
  });
}

gatewayTest({
  name: "wrap completes a call whose row was in a database that is removed, in the new one",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted("--slow", "1000"), {}, async (wrap) => {
      await wrap.stderrHas("wrapping");
      await wrap.send(call(1, { path: "x" }));
      while (readRows(wrap.dbPath).length === 0) await new Promise((done) => setTimeout(done, 5));
      for (const end of ["", "-wal", "-shm"]) await Deno.remove(wrap.dbPath + end);
      await wrap.next();
      assert.equal(await leave(wrap), 0);
      const [row, ...others] = wrap.rows();
      assert.deepEqual([row.outcome, row.arguments, others.length], ["ok", '{"path":"x"}', 0]);
      assert.match(wrap.stderr(), /WARN the audit log's file was removed or replaced/);
    });
  },
});

for (const how of ["its agent leaves", "it is asked to stop"]) {
  gatewayTest({
    name: `wrap whose log is locked when ${how} has its rows taken in by the next start`,
    ignore: !posix,
    fn: async () => {
      await withWrap(scripted(), {}, async (wrap) => {
        await wrap.send(call(0));
        await wrap.next();
        using lock = new DatabaseSync(wrap.dbPath, { timeout: 5000 });
        while (readRows(wrap.dbPath)[0]?.outcome !== "ok") {
          await new Promise((done) => setTimeout(done, 5));
        }
        lock.exec("BEGIN IMMEDIATE");
        for (let id = 1; id <= 50; id++) await wrap.send(call(id));
        for (let id = 1; id <= 50; id++) await wrap.next();
        const begun = performance.now();
        if (how === "its agent leaves") assert.equal(await leave(wrap), 1);
        else wrap.child.kill("SIGTERM");
        await wrap.child.status;
        assert.ok(performance.now() - begun < 2000, "clients kill a gateway after 2,000 ms");
        lock.exec("ROLLBACK");
        assert.equal(wrap.rows().length, 1);
        await nextStart(wrap.dbPath);
        assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), Array(51).fill("ok"));
      });
    },
  });
}

gatewayTest({
  name: "wrap killed under a lock has lost no more than the last 50 ms",
  ignore: !posix,
  fn: async () => {
    await withWrap(scripted(), {}, async (wrap) => {
      await wrap.send(call(0));
      await wrap.next();
      using lock = new DatabaseSync(wrap.dbPath, { timeout: 5000 });
      lock.exec("BEGIN IMMEDIATE");
      for (let id = 1; id <= 50; id++) await wrap.send(call(id));
      for (let id = 1; id <= 50; id++) await wrap.next();
      await new Promise((done) => setTimeout(done, 100)); // this is what is promised
      wrap.child.kill("SIGKILL");
      await wrap.child.status;
      lock.exec("ROLLBACK");
      await nextStart(wrap.dbPath);
      assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), Array(51).fill("ok"));
    });
  },
});

gatewayTest({
  name: "wrap ends with 1 when records could neither be stored nor spilled",
  ignore: !posix,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "agentgate-lost-" });
    try {
      const options = ["--db", join(folder, "db", "logs.db")];
      await withWrap(scripted(), { options }, async (wrap) => {
        await wrap.send(call(0));
        await wrap.next();
        await Deno.rename(join(folder, "db"), join(folder, "away"));
        await Deno.writeTextFile(join(folder, "db"), "");
        await wrap.send(call(1));
        await wrap.next();
        assert.equal(await leave(wrap), 1);
        assert.match(wrap.stderr(), /ERROR the audit log is incomplete/);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

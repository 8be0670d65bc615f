import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readRows, scripted, withWrap, type Wrap } from "./gateway.ts";
import { gatewayTest } from "./transports.ts";
import { Listener } from "../web/harness.ts";
import { freePort } from "./remote.ts";

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "t", version: "1" },
  },
};

const call = (id: number) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: { id } },
});

/** The key that a wrap has printed. */
async function keyOf(wrap: Wrap): Promise<string> {
  await wrap.stderrHas("signs in by itself");
  return /Dashboard token: (\S+)/.exec(wrap.stderr())![1]!;
}

gatewayTest(
  "wrap serves the dashboard once its line has answered, and says how to open it",
  async () => {
    const port = freePort();
    await withWrap(scripted(), { options: ["--dashboard-port", `${port}`] }, async (wrap) => {
      await wrap.send(INITIALIZE);
      await wrap.next();
      const key = await keyOf(wrap);
      await wrap.send(call(1));
      await wrap.next();
      const ask = () =>
        fetch(`http://127.0.0.1:${port}/api/invocations`, {
          headers: { authorization: `Bearer ${key}` },
        })
          .then((response) => response.json());
      let rows = await ask();
      while (rows.length === 0) rows = await ask();
      assert.equal(rows[0].tool_name, "echo");
      assert.match(wrap.stderr(), new RegExp(`http://127\\.0\\.0\\.1:${port}/#key=${key}`));
      await wrap.closeInput();
      assert.equal((await wrap.child.status).code, 0);
    });
  },
);

gatewayTest("a foreign program on the port costs a sentence, and no call", async () => {
  const foreign = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("x"),
  );
  const options = ["--dashboard-port", `${foreign.addr.port}`];
  await withWrap(scripted(), { options }, async (wrap) => {
    await wrap.send(INITIALIZE);
    await wrap.next();
    await wrap.stderrHas("another program has the dashboard's port");
    await wrap.send(call(1));
    assert.equal((await wrap.next()).id, 1);
  });
  await foreign.shutdown();
});

gatewayTest(
  "another gateway takes over when the one that serves is killed, and no row is lost",
  async () => {
    const port = freePort(), home = await Deno.makeTempDir({ prefix: "agentgate-test-" });
    const db = join(home, "logs.db");
    const setup = {
      options: ["--dashboard-port", `${port}`, "--db", db],
      env: { AGENTGATE_HOME: home },
    };
    const seen = new Map<string, number>();
    let since = "0";
    /** Listens until the one who serves has gone, or `count` calls were seen. */
    const listen = async (key: string, count: number) => {
      const listener = await Listener.open(port, `&since=${since}`, key);
      const before = seen.size;
      await Promise.race([listener.has(count - before), listener.closed]);
      for (const { id, change } of listener.frames) {
        seen.set(id, (seen.get(id) ?? 0) + 1);
        since = `${change}`;
      }
      await listener.close();
    };
    await withWrap(scripted(), setup, async (first) => {
      await first.send(INITIALIZE);
      await first.next();
      const key = await keyOf(first);
      await withWrap(scripted(), setup, async (second) => {
        await second.send(INITIALIZE);
        await second.next();
        await second.stderrHas("another gateway serves the dashboard");
        const listening = listen(key, 1000);
        for (let id = 1; id <= 20; id++) {
          await first.send(call(id));
          await second.send(call(id));
          await Promise.all([first.next(), second.next()]);
        }
        first.child.kill("SIGKILL");
        await listening;
        for (let id = 21; id <= 30; id++) {
          await second.send(call(id));
          await second.next();
        }
        assert.equal(await keyOf(second), key);
        const stored = () =>
          readRows(db).filter(({ outcome }) => outcome !== "open").map(({ id }) => id);
        while (stored().length < 30) await second.stderrHas("");
        await listen(key, stored().length);
        assert.deepEqual([...seen.keys()].sort(), stored().sort());
        assert.deepEqual([...new Set(seen.values())], [1]);
      });
    });
    await Deno.remove(home, { recursive: true });
  },
);

gatewayTest("--dashboard-port 0 is no dashboard: no port, no key, no word", async () => {
  const metrics = freePort();
  const options = ["--dashboard-port", "0", "--metrics-port", `${metrics}`];
  await withWrap(scripted(), { options }, async (wrap) => {
    await wrap.send(INITIALIZE);
    await wrap.next();
    // What else comes after the first answer is there.
    await wrap.stderrHas(`127.0.0.1:${metrics}/metrics`);
    const response = await fetch(`http://127.0.0.1:${metrics}/metrics`);
    assert.match(await response.text(), /^agentgate_active_sessions 0$/m);
    await wrap.closeInput();
    assert.equal((await wrap.child.status).code, 0);
    assert.doesNotMatch(wrap.stderr(), /[Dd]ashboard/);
    const files = [...Deno.readDirSync(wrap.home)].map(({ name }) => name);
    assert.ok(!files.includes(".agentgate"), files.join());
  });
});

gatewayTest(
  "calls are answered while every query of the dashboard takes as long as it may",
  async () => {
    const port = freePort();
    await withWrap(scripted(), { options: ["--dashboard-port", `${port}`] }, async (wrap) => {
      await wrap.send(INITIALIZE);
      await wrap.next();
      const headers = { authorization: `Bearer ${await keyOf(wrap)}` };
      const overview = () =>
        fetch(`http://127.0.0.1:${port}/api/overview?span=30d`, { headers })
          .then(async (response) => (await response.body?.cancel(), response.status));
      await wrap.send(call(1));
      await wrap.next();
      while (await overview() !== 200);
      // Who reads the statistics waits for this lock, and its thread does nothing else meanwhile.
      const lock = new DatabaseSync(join(wrap.home, "logs.stats.db"));
      lock.exec("BEGIN IMMEDIATE");
      const queries = Promise.all(Array.from({ length: 10 }, overview));
      let isOver = false;
      const over = queries.finally(() => isOver = true);
      let answered = 0;
      for (let id = 2; !isOver; id++) {
        await wrap.send(call(id));
        await wrap.next();
        answered++;
      }
      lock.exec("ROLLBACK");
      lock.close();
      assert.deepEqual(new Set(await over), new Set([503]));
      // A thread that had both to do would come to a call or two between two queries.
      assert.ok(answered > 100, `${answered}`);
    });
  },
);

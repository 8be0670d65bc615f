import assert from "node:assert/strict";
import { join } from "node:path";
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

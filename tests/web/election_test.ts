import assert from "node:assert/strict";
import { AuditStore } from "../../src/audit/store.ts";
import { NO_CONFIG, type PlaneSettings } from "../../src/web/plane_settings.ts";
import { PortElection } from "../../src/web/port_election.ts";
import { callAt, insert, MemoryLog, NOW, withDatabasePath } from "../audit/support.ts";
import { freePort } from "../e2e/remote.ts";
import { kill } from "./death.ts";
import { KEY, withDashboard } from "./harness.ts";

const MORTAL = new URL("./mortal_thread.ts", import.meta.url);

/** Whether this machine has an address `::1`. */
const hasIpv6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
})();

function settingsOf(port: number, dbPath: string, key: string = KEY): PlaneSettings {
  return {
    port,
    key,
    dbPath,
    policyPaths: [],
    scan: { maxScanWork: 1e9, maxScanMs: 10_000 },
    resolvePaths: true,
    otlp: null,
    isShipped: false,
    serverName: "files",
    config: NO_CONFIG,
  };
}

/** The calls that the dashboard on a port shows, as soon as there is one. */
async function callsShown(port: number): Promise<number> {
  for (;;) {
    try {
      const headers = { authorization: `Bearer ${KEY}` };
      const response = await fetch(`http://127.0.0.1:${port}/api/invocations`, { headers });
      return (await response.json()).length;
    } catch {
      // Nobody serves now.
    }
  }
}

Deno.test("a dashboard of another log, or with another key, is told of in one sentence each", () =>
  withDashboard({}, async ({ address, dbPath }) => {
    const port = Number(new URL(address).port), log = new MemoryLog();
    {
      using _same = new PortElection(settingsOf(port, dbPath), log);
      await log.logged("another gateway serves the dashboard");
      using _other = new PortElection(settingsOf(port, `${dbPath}.other`), log);
      await log.logged("the dashboard there shows another audit log");
      using _key = new PortElection(settingsOf(port, dbPath, "another key of this machine"), log);
      await log.logged("the dashboard there has another key");
    }
    assert.deepEqual(log.lines.map(({ level }) => level), ["info", "warn", "warn"]);
    assert.equal(log.find("another audit log")?.fields.what, address);
  }));

Deno.test("a dashboard whose thread dies is told of once, and comes back by itself", () =>
  withDatabasePath(async (dbPath) => {
    const store = new AuditStore(dbPath, { durability: "batched" });
    insert(store, [callAt(NOW, "a")]);
    const port = freePort(), log = new MemoryLog();
    using _election = new PortElection(settingsOf(port, dbPath), log, MORTAL);
    for (let life = 1; life <= 3; life++) {
      const lives = () => log.lines.filter(({ message }) => message.includes("by itself:")).length;
      while (lives() < life) await new Promise((done) => setTimeout(done, 10));
      assert.equal(await callsShown(port), 1);
      if (life < 3) kill(dbPath);
    }
    const said = log.lines.filter(({ level }) => level === "warn");
    assert.deepEqual(said.map(({ message, fields }) => [message, fields.what]), [
      ["the dashboard has ended, and is started again", "a test has it die"],
    ]);
    store.close();
  }));

Deno.test("another gateway takes over when the thread of the one that serves dies", () =>
  withDatabasePath(async (dbPath) => {
    const store = new AuditStore(dbPath, { durability: "batched" });
    insert(store, [callAt(NOW, "a")]);
    const port = freePort(), first = new MemoryLog(), second = new MemoryLog();
    using _first = new PortElection(settingsOf(port, dbPath), first, MORTAL);
    await first.logged("signs in by itself");
    using _second = new PortElection(settingsOf(port, dbPath), second);
    await second.logged("another gateway serves the dashboard");
    // The first comes back after a second: on a busy machine that may be before the other is up.
    while (second.find("signs in by itself") === undefined) {
      kill(dbPath);
      await new Promise((done) => setTimeout(done, 500));
    }
    assert.equal(await callsShown(port), 1);
    store.close();
  }));

Deno.test("whoever hangs up without a word is asked again, and is another program after a while", () =>
  withDatabasePath(async (dbPath) => {
    using mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const log = new MemoryLog();
    let asked = 0;
    const hangingUp = (async () => {
      for await (const connection of mute) {
        asked++;
        connection.close();
      }
    })();
    {
      using _election = new PortElection(settingsOf(mute.addr.port, dbPath), log);
      await log.logged("another program has the dashboard's port");
    }
    assert.ok(asked > 1, `${asked}`);
    mute.close();
    await hangingUp.catch(() => {});
  }));

Deno.test({
  name: "localhost leads to the dashboard by either of its addresses",
  ignore: !hasIpv6,
  fn: () =>
    withDashboard({}, async ({ address, get }) => {
      const { port } = new URL(address);
      for (const host of ["[::1]", "localhost", "127.0.0.1"]) {
        const headers = { authorization: `Bearer ${KEY}` };
        const response = await fetch(`http://${host}:${port}/api/overview`, { headers });
        assert.equal(response.status, 200, host);
        await response.body?.cancel();
      }
      const foreign = await get("/api/overview", { headers: { origin: `http://[::1]:${port}` } });
      assert.equal(foreign.status, 403);
      await foreign.body?.cancel();
    }),
});

Deno.test({
  name: "another program on ::1 is told of, and the dashboard is served on 127.0.0.1",
  ignore: !hasIpv6,
  fn: async () => {
    using foreign = Deno.listen({ hostname: "::1", port: 0 });
    await withDashboard({ port: foreign.addr.port }, async ({ get, reports }) => {
      const response = await get("/health");
      assert.equal(await response.text(), "ok");
      assert.equal(reports.length, 1);
      assert.match(JSON.stringify(reports[0]), /localhost leads to another program on ::1/);
    });
  },
});

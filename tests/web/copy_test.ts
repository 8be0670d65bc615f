import assert from "node:assert/strict";
import { fleetCall, writeCopy } from "../fleet/copied_calls.ts";
import { STATUS_OF } from "../../src/audit/columns.ts";
import type { Outcome } from "../../src/session/call.ts";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { missingIndices } from "../../src/audit/indices.ts";
import { CopyStore } from "../../src/fleet/copy/copy_store.ts";
import { callAt, insert, withConnection, withDatabasePath } from "../audit/support.ts";
import { partsOf } from "../../src/web/gateway_stats.ts";
import { levelsOf, type Span } from "../../src/web/stats_queries.ts";
import { withDashboard } from "./harness.ts";

const LAPTOP = { host: "laptop", gateway: "mac/1" }, POD = { host: "server", gateway: "pod/2" };

Deno.test("on one machine, host and gateway are filters, and /api/log knows of no copy", () =>
  withDashboard({}, async ({ store, json }) => {
    insert(store, [callAt(Date.now(), "a")], "mac/1");
    insert(store, [callAt(Date.now(), "b")], "mac/2");
    const ids = async (query: string) =>
      (await json(`/api/invocations?${query}`)).map(({ id }: { id: string }) => id);
    assert.deepEqual(await ids("host=mac"), ["b", "a"]);
    assert.deepEqual(await ids("gateway=mac/1"), ["a"]);
    assert.deepEqual(await ids("host=laptop"), []);
    const [host] = await json("/api/tools?by=host");
    assert.deepEqual([host.host, host.total_calls], ["mac", 2]);
    assert.equal((await json("/api/log")).copy, null);
    assert.equal((await json("/api/invocations/a")).host, "mac");
  }));

Deno.test("a log that becomes a copy is shown as one", () =>
  withDashboard({}, async ({ dbPath, json }) => {
    assert.equal((await json("/api/log")).copy, null);
    writeCopy(dbPath, [fleetCall(LAPTOP), fleetCall(POD)], { fault: "it is away", floor: 5e15 });
    // It is looked at anew when a moment has passed.
    let { copy } = await json("/api/log");
    while (copy === null) ({ copy } = await json("/api/log"));
    assert.deepEqual([copy.fault, copy.is_whole, copy.from], [
      "it is away",
      false,
      new Date(5e12).toISOString(),
    ]);
    const hosts = await json("/api/gateways");
    assert.deepEqual(hosts.map(({ host, logs }: { host: string; logs: number }) => [host, logs]), [
      ["laptop", 1],
      ["server", 1],
    ]);
  }));

Deno.test("pages of one machine's calls in a copy have each of them once, newest first", () =>
  withDashboard({}, async ({ dbPath, json, get }) => {
    // Several begin at the same time.
    const start = Date.now() - 3_600_000, at = (n: number) => start + Math.floor(n / 7) * 100;
    writeCopy(
      dbPath,
      Array.from(
        { length: 8000 },
        (_, n) => fleetCall({ ...n % 2 === 0 ? LAPTOP : POD, id: `${n}`, startedAt: at(n) }),
      ),
    );
    while ((await json("/api/log")).copy === null);
    for (const query of ["host=laptop", "gateway=mac/1", "host=laptop&agent=agent"]) {
      const found: { id: string; timestamp: string }[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const page = await get(`/api/invocations?${query}&limit=333&cursor=${cursor}`);
        found.push(...await page.json());
        cursor = page.headers.get("x-agentgate-next");
      }
      assert.equal(new Set(found.map(({ id }) => id)).size, 4000, query);
      assert.equal(found.length, 4000, query);
      assert.ok(found.every(({ id }) => Number(id) % 2 === 0), query);
      const times = found.map(({ timestamp }) => timestamp);
      assert.deepEqual(times, times.toSorted().reverse(), query);
    }
    assert.deepEqual(await json("/api/invocations?host=laptop&tool=absent"), []);
  }));

Deno.test("a copy that an older AgentGate has made gets the indices that it lacks", () =>
  withDatabasePath(async (path) => {
    writeCopy(path, Array.from({ length: AUDIT_BOUNDS.smallRows + 1 }, () => fleetCall(LAPTOP)));
    const missing = () => withConnection(path, (db) => missingIndices(db));
    await withConnection(
      path,
      (db) => db.exec("DROP INDEX idx_fleet_host_refused; DROP INDEX idx_invocations_rule"),
    );
    using store = new CopyStore(path);
    assert.equal((await missing()).length, 2); // the start has not waited for them
    for (let n = 0; n < 2; n++) store.buildIndex();
    assert.deepEqual(await missing(), []);
  }));

Deno.test("filters find the same calls, whatever leads to them", () =>
  withDashboard({}, async ({ dbPath, json, get }) => {
    const start = Date.now() - 5 * 3_600_000;
    const outcomes = ["ok", "ok", "ok", "cancelled", "denied", "tool_error", "rate_limited"];
    const calls = Array.from({ length: 3000 }, (_, n) => {
      const x = Math.imul(n + 1, 2_654_435_761) >>> 0, outcome = outcomes[x % 7]!;
      const isRule = outcome === "denied" || outcome === "rate_limited";
      const words: Record<string, string> = {
        ...{ tool: `tool_${x % 5}`, server: `server_${x % 2}`, agent: `agent_${(x >>> 3) % 3}` },
        // Some other program may have written it.
        ...{ outcome, status: x % 77 === 0 ? "strange" : STATUS_OF[outcome as Outcome] },
        ...isRule ? { rule: `rule_${(x >>> 5) % 3}` } : {},
        ...(x >>> 7) % 3 === 0 ? LAPTOP : POD,
      };
      return { id: `${n}`, words, startedAt: start + Math.floor(n / 3) * 17_000 };
    });
    writeCopy(
      dbPath,
      calls.map(({ id, startedAt, words }) => {
        const { tool, server, agent, outcome, status, rule } = words;
        const columns = {
          ...{ tool_name: tool!, server_name: server!, agent_id: agent! },
          ...{
            outcome: outcome!,
            status: status!,
            ...rule === undefined ? {} : { policy_hit: rule },
          },
        };
        const { host, gateway } = words;
        return fleetCall({ host: host!, gateway: gateway!, id, startedAt, columns });
      }),
    );
    while ((await json("/api/log")).copy === null);
    const asked: Record<string, readonly string[]> = {
      ...{ tool: ["tool_1", "absent"], server: ["server_1"], agent: ["agent_2"] },
      ...{ rule: ["rule_1", "absent"], host: ["laptop", "absent"], gateway: ["pod/2"] },
      ...{ outcome: ["ok", "cancelled", "denied", "tool_error", "timed_out"] },
      ...{ status: ["allowed", "denied", "error"], text: ["nowhere"] },
    };
    const words = Object.entries(asked).flatMap(([word, values]) =>
      values.map((value) => [word, value] as const)
    );
    const filters = words.flatMap((one, n) =>
      words.slice(n + 1).flatMap((other) => [[one], [one, other], [one, other, ["tool", "tool_2"]]])
    );
    for (const filter of filters as [string, string][][]) {
      if (new Set(filter.map(([word]) => word)).size < filter.length) continue;
      const wanted = calls.filter(({ words }) => filter.every(([k, v]) => words[k] === v))
        .sort((a, b) => b.startedAt - a.startedAt || Number(b.id) - Number(a.id));
      const found: string[] = [];
      for (let cursor: string | null = ""; cursor !== null;) {
        const query: URLSearchParams = new URLSearchParams([...filter, ["limit", "97"], [
          "cursor",
          cursor,
        ]]);
        const page: Response = await get(`/api/invocations?${query}`);
        assert.equal(page.status, 200, `${query}`);
        found.push(...(await page.json()).map(({ id }: { id: string }) => id));
        cursor = page.headers.get("x-agentgate-next");
      }
      assert.deepEqual(found, wanted.map(({ id }) => id), filter.join(" & "));
    }
  }));

Deno.test("calls by host and by gateway are as many as by tool, of whatever span", () =>
  withDashboard({}, async ({ dbPath, json }) => {
    const now = Date.now(), hour = 3_600_000;
    writeCopy(
      dbPath,
      Array.from(
        { length: 24 * 20 },
        (_, n) => fleetCall({ ...n % 3 === 0 ? LAPTOP : POD, startedAt: now - n * hour }),
      ),
    );
    while ((await json("/api/log")).copy === null);
    const inS = (ago: number) => Math.floor((now - ago * hour) / 1000);
    const spans = [
      ...["1h", "5h", "24h", "2d", "7d", "14d", "all"].map((span) => `span=${span}`),
      ...[[100, 90], [100, 50], [300, 13], [7, 3]].map(([from, to]) =>
        `from=${inS(from!)}&to=${inS(to!)}`
      ),
    ];
    for (const span of spans) {
      const counts = await Promise.all(["tool", "host", "gateway"].map(async (by) => {
        const rows: { total_calls: number }[] = await json(`/api/tools?by=${by}&${span}`);
        return rows.reduce((sum, { total_calls }) => sum + total_calls, 0);
      }));
      assert.deepEqual(counts, counts.map(() => counts[0]), span);
      assert.ok(counts[0]! > 0, span);
    }
  }));

Deno.test("partsOf takes what a span has of the level above, and no more or less than its steps", () => {
  const hour = 3600, day = 86_400, nowMs = Date.UTC(2026, 10, 27, 5, 30), now = nowMs / 1000;
  const DAYS = [1, 2, 7, 30];
  for (const days of DAYS) {
    for (const isPast of [false, true]) {
      const span: Span = { nowMs, sinceMs: nowMs - days * day * 1000, isPast };
      const { named, namedFrom } = levelsOf(span), parts = partsOf(span);
      assert.equal(parts[0]!.from, namedFrom);
      assert.equal(parts.at(-1)!.to, isPast ? now : Number.MAX_SAFE_INTEGER);
      parts.forEach(({ level, from, to }, n) => {
        if (n > 0) assert.equal(from, parts[n - 1]!.to, "nothing between two parts");
        if (level === named) return;
        assert.equal(from % level, 0);
        if (isPast) assert.equal(to % level, 0);
      });
    }
  }
  const short: Span = { nowMs, sinceMs: nowMs - 2 * hour * 1000, isPast: true };
  assert.equal(partsOf(short).length, 1);
});

Deno.test("the feed tells of what comes, not of the past that a copy is still filled with", () =>
  withDashboard({}, async ({ dbPath, json, listen }) => {
    const begun = Date.now() - 60_000, filling = { begun: begun * 1000, floor: null };
    writeCopy(dbPath, [], filling);
    while ((await json("/api/log")).copy === null);
    const listener = await listen("&view=rows");
    await listener.has(1);
    writeCopy(dbPath, [fleetCall({ ...LAPTOP, id: "past", startedAt: begun - 1 })], filling);
    await listener.has(2);
    writeCopy(dbPath, [fleetCall({ ...LAPTOP, id: "new" })], filling);
    await listener.has(3);
    const ids = listener.frames.map(({ rows }) => rows.map(({ id }: { id: string }) => id));
    assert.deepEqual(ids, [[], [], ["new"]]);
    assert.ok(listener.frames[1].next > listener.frames[0].next, "it goes on after the past");
  }));

Deno.test("a row that is copied again as it is gets no other number, and is counted once", () =>
  withDashboard({}, async ({ dbPath, json }) => {
    const call = fleetCall({ ...LAPTOP, id: "a" });
    const change = () =>
      withConnection(
        dbPath,
        (db) => db.prepare("SELECT change FROM tool_invocations").get()!.change,
      );
    writeCopy(dbPath, [call]);
    const first = await change();
    while ((await json("/api/log")).copy === null);
    assert.equal((await json("/api/overview")).total_calls, 1);
    writeCopy(dbPath, [call]);
    assert.equal(await change(), first);
    assert.equal((await json("/api/overview")).total_calls, 1);
  }));

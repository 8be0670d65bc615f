import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { AuditStore } from "../../src/audit/store.ts";
import { ENTRY } from "../../src/web/assets.gen.ts";
import {
  callAt,
  ended,
  insert as insertInto,
  NOW,
  startedCall,
  withConnection,
} from "../audit/support.ts";
import { SIGN_IN_BOUNDS } from "../../src/web/sign_in.ts";
import { damageStatsOf, removeStatsOf, withDashboard } from "./harness.ts";

const calls = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => callAt(NOW + from + n, `call-${from + n}`));

Deno.test("without the key there is nothing but the shell", () =>
  withDashboard({}, async ({ address, insert }) => {
    insert(...calls(0, 3));
    for (const path of ["/", "/activity", `/assets/${ENTRY.script}`, "/health"]) {
      const response = await fetch(address + path);
      assert.equal(response.status, 200, path);
      assert.doesNotMatch(await response.text(), /call-\d|read_file/);
    }
    const refused = [
      "invocations",
      "invocations/call-1",
      "overview",
      "tools",
      "violations",
      "nope",
    ];
    for (const path of [...refused, "sessions", "policies", "gateways", "ws/live?token=x"]) {
      const response = await fetch(`${address}/api/${path}`);
      assert.equal(response.status, 401, path);
      await response.body?.cancel();
    }
  }));

Deno.test("a foreign Host, a foreign Origin and another site are refused, with the key, too", () =>
  withDashboard({}, async ({ address, get }) => {
    const origin = await get("/api/overview", { headers: { origin: "http://evil.example" } });
    assert.equal(origin.status, 403);
    await origin.body?.cancel();
    const port = new URL(address).port;
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await connection.write(
      new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
    );
    const head = new Uint8Array(12);
    await connection.read(head);
    assert.equal(new TextDecoder().decode(head), "HTTP/1.1 403");
  }));

Deno.test("/api/invocations pages by a cursor that holds while rows arrive", () =>
  withDashboard({}, async ({ get, insert }) => {
    insert(...calls(0, 250));
    const seen: string[] = [];
    let cursor: string | null = "", page = 0;
    while (cursor !== null) {
      const response = await get(`/api/invocations?limit=100${cursor && `&cursor=${cursor}`}`);
      cursor = response.headers.get("x-agentgate-next");
      seen.push(...(await response.json()).map(({ id }: { id: string }) => id));
      insert(...calls(1000 + 10 * page++, 10));
    }
    assert.deepEqual(seen, calls(0, 250).map(({ id }) => id).toReversed());
  }));

Deno.test("/api/invocations filters, and a filter that means nothing is a 400 with the reason", () =>
  withDashboard({}, async ({ json, get, insert }) => {
    insert(
      ended(
        startedCall({ id: "fine", startedAt: NOW, shadowHits: ["would_deny:a_b"] }),
      ),
      ended(
        startedCall({ id: "no", tool: "bash", policyHit: "no-rm", startedAt: NOW + 1 }),
        "denied",
      ),
    );
    const ids = async (query: string) =>
      (await json(`/api/invocations?${query}`)).map(({ id }: { id: string }) => id);
    assert.deepEqual(await ids("status=denied"), ["no"]);
    assert.deepEqual(await ids("tool=bash&rule=no-rm&outcome=denied"), ["no"]);
    assert.deepEqual(await ids("text=etc/hosts&took=>1ms&until=2026-12-31T12:00:00.001Z"), [
      "fine",
    ]);
    assert.deepEqual(await ids("tool=absent"), []);
    assert.deepEqual(await ids("shadow=any"), ["fine"]);
    assert.deepEqual(await ids("shadow=a_b"), ["fine"]);
    assert.deepEqual(await ids("shadow=a-b"), []);
    assert.deepEqual(await ids("limit=1&offset=1"), ["fine"]);
    const [short] = await json("/api/invocations?view=rows&limit=1");
    assert.deepEqual([short.id, short.is_cut, "result" in short], ["no", false, false]);
    for (
      const query of [
        "limit=x",
        "limit=0",
        "status=nonsense",
        "since=never",
        "took=long",
        "took=%0A",
        "cursor=1",
        "tol=bash",
        "format=xml",
        "offset=-1",
      ]
    ) {
      const response = await get(`/api/invocations?${query}`);
      assert.equal(response.status, 400, query);
      assert.ok((await response.json()).error, query);
    }
  }));

Deno.test("/api/invocations finds what the statistics know of, by names, session and time", () =>
  withDashboard({}, async ({ json, insert }) => {
    const hour = 3_600_000, from = Date.now() - 40 * hour;
    for (let n = 0; n < 20; n++) {
      const of = { id: `${n}`, tool: `tool-${n % 10}`, startedAt: from + 2 * n * hour };
      const client = { agentName: `agent-${n % 2}`, agentVersion: null, protocolVersion: null };
      if (n < 10) insert(ended(startedCall({ ...of, client, policyHit: "timeout" }), "timed_out"));
      else if (n < 19) insert(ended(startedCall({ ...of, client, policyHit: "no" }), "denied"));
      else insert(ended(startedCall({ ...of, client, latencyMs: 5000 })));
    }
    insert(startedCall({ id: "open", tool: "tool-0", startedAt: from - hour }));
    const ids = async (query: string) =>
      // deno-lint-ignore no-explicit-any
      (await json(`/api/invocations?${query}`)).map(({ id }: any) => id).join(" ");
    const down = (from: number, to: number, step = 1) =>
      Array.from({ length: Math.floor((from - to) / step) + 1 }, (_, n) => from - n * step).join(
        " ",
      );
    assert.equal(await ids("rule=timeout"), down(9, 0));
    assert.equal(await ids("rule=no"), down(18, 10));
    assert.equal(await ids("rule=no&agent=agent-0"), down(18, 10, 2));
    assert.equal(await ids("rule=no&tool=tool-3&server=files"), "13");
    assert.equal(await ids("rule=no&tool=tool-9"), "");
    assert.equal(await ids("agent=agent-1&server=files"), down(19, 1, 2));
    assert.equal(await ids("tool=tool-0"), "10 0 open");
    assert.equal(await ids("session=s"), `${down(19, 0)} open`);
    assert.equal(await ids("session=absent"), "");
    assert.equal(await ids("took=<1h&limit=2"), "19 18");
  }));

Deno.test("/api/invocations exports JSON lines and CSV, in which formulas are text", () =>
  withDashboard({}, async ({ get, insert }) => {
    insert(...calls(0, 600), ended(startedCall({ tool: "=cmd|'x'!A1", startedAt: NOW - 1 })));
    const lines = (await (await get("/api/invocations?format=jsonl")).text()).trim().split("\n");
    assert.equal(lines.length, 601);
    const csv = (await (await get("/api/invocations?format=csv")).text()).trim().split("\r\n");
    assert.equal(csv.length, 602);
    assert.match(csv.at(-1)!, /'=cmd/);
  }));

Deno.test("the statistics say what the log says, also when their file is deleted or damaged", () =>
  withDashboard({}, async ({ json, insert, dbPath, get }) => {
    insert(
      ...calls(0, 20),
      ended(startedCall({ tool: "bash", policyHit: "no-rm", startedAt: Date.now() }), "denied"),
      ended(startedCall({ tool: "bash", startedAt: Date.now() }), "error"),
      startedCall({ id: "open", startedAt: Date.now() }),
    );
    const check = async () => {
      const { total_calls, total_denials, total_errors, open_calls } = await json("/api/overview");
      assert.deepEqual([total_calls, total_denials, total_errors, open_calls], [22, 1, 1, 1]);
      const tools = await json("/api/tools");
      assert.deepEqual(
        // deno-lint-ignore no-explicit-any
        tools.map((t: any) => [t.tool_name, t.total_calls, t.error_count, t.denial_count]),
        [["read_file", 20, 0, 0], ["bash", 2, 1, 1]],
      );
      const [rule] = await json("/api/violations");
      assert.deepEqual([rule.rule, rule.count, rule.denied], ["no-rm", 1, 1]);
      const [session] = await json("/api/sessions");
      assert.deepEqual([session.id, session.calls, session.refused], ["s", 22, 1]);
    };
    const counted = async () => {
      for (;;) {
        const { status, headers, body } = await get("/api/overview");
        await body?.cancel();
        if (status === 200 && !headers.has("x-agentgate-counting")) return;
      }
    };
    await check();
    for (const spoil of [removeStatsOf, damageStatsOf]) {
      spoil(dbPath);
      await counted();
      await check();
    }
  }));

Deno.test("a log that is removed or damaged is a 503 with the reason, and comes back by itself", () =>
  withDashboard({}, async ({ json, get, insert, dbPath }) => {
    insert(...calls(0, 3));
    assert.equal((await json("/api/invocations")).length, 3);
    await withConnection(dbPath, (db) => db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    const files = ["", "-wal", "-shm"];
    for (const end of files) Deno.renameSync(dbPath + end, `${dbPath}${end}.away`);
    const until = async (status: number) => {
      for (;;) {
        const response = await get("/api/invocations");
        const body = await response.json();
        if (response.status === status) return body;
      }
    };
    assert.match((await until(503)).error, /no such file/);
    Deno.writeTextFileSync(dbPath, "this is no database at all, but a text of some length");
    await until(503);
    for (const end of files) Deno.renameSync(`${dbPath}${end}.away`, dbPath + end);
    assert.equal((await until(200)).length, 3);
  }));

/** Puts another log in the place of one: with two calls, and locked until it is disposed of. */
function replaceLog(dbPath: string): Disposable {
  const path = `${dbPath}.other`, store = new AuditStore(path, { durability: "batched" });
  insertInto(store, [callAt(NOW, "other-1"), callAt(NOW + 1, "other-2")]);
  store.close();
  const lock = new DatabaseSync(path);
  lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT");
  for (const end of ["-wal", "-shm"]) Deno.removeSync(dbPath + end);
  Deno.renameSync(path, dbPath);
  return { [Symbol.dispose]: () => lock.close() };
}

Deno.test("another log in the place of the first is shown, counted and told once it can be read", () =>
  withDashboard({}, async ({ get, json, insert, listen, dbPath }) => {
    insert(...calls(0, 3));
    const listener = await listen();
    assert.equal((await json("/api/overview")).total_calls, 3);
    {
      using _lock = replaceLog(dbPath);
      let response = await get("/api/invocations");
      while (response.status !== 503) {
        await response.body?.cancel();
        response = await get("/api/invocations");
      }
      assert.match((await response.json()).error, /logs\.db: .*(locked|in use|busy)/);
    }
    let overview = await json("/api/overview");
    while (overview.total_calls !== 2) overview = await json("/api/overview");
    // deno-lint-ignore no-explicit-any
    const ids = (await json("/api/invocations")).map(({ id }: any) => id);
    assert.deepEqual(ids, ["other-2", "other-1"]);
    await listener.has(2);
    assert.deepEqual(listener.frames.map(({ id }) => id), ["other-1", "other-2"]);
  }));

Deno.test("rows that another program has written, whatever is in them, stop nobody", () =>
  withDashboard({}, async ({ json, insert, listen, dbPath }) => {
    const listener = await listen();
    await withConnection(dbPath, (db) =>
      db.exec(
        `INSERT INTO tool_invocations
           (id, timestamp, server_name, tool_name, status, arguments, latency_ms) VALUES
           (x'00ff', x'ff00', 7, x'fe', 'nonsense', x'fd', 'soon'),
           ('2', '${new Date(NOW).toISOString()}', x'62', x'61', x'63', x'7b', x'64')`,
      ));
    insert(callAt(NOW, "after"));
    await listener.has(3);
    assert.equal((await json("/api/invocations")).length, 2);
    assert.equal((await json("/api/invocations/2")).tool_name, "a");
    assert.equal((await json("/api/overview")).total_calls, 3);
    assert.equal((await json("/api/tools")).length, 3);
  }));

Deno.test("10,000 wrong keys are slowed down or refused unread, and the right one is let in meanwhile", () =>
  withDashboard({}, async ({ address, get, insert }) => {
    insert(...calls(0, 1));
    const counts = new Map<number, number>();
    const guess = async (n: number) => {
      const headers = { authorization: `Bearer ${n}-wrong` };
      const response = await fetch(`${address}/api/invocations`, { headers });
      await response.body?.cancel();
      counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
    };
    const { freeGuesses, waiting } = SIGN_IN_BOUNDS, all = 10_000;
    let next = 0, wasLetIn = 0;
    const guessers = Array.from({ length: 3 * waiting }, async () => {
      while (next < all) {
        const n = next++;
        await guess(n);
        if (n % 1000 !== 999) continue;
        const response = await get("/api/invocations");
        if ((await response.json()).length === 1) wasLetIn++;
      }
    });
    await Promise.all(guessers);
    assert.equal(wasLetIn, all / 1000);
    assert.deepEqual([...counts.keys()].sort(), [401, 429]);
    const answered = counts.get(401)!;
    assert.equal(answered + counts.get(429)!, all);
    assert.ok(answered >= freeGuesses + waiting && answered < all / 2, `${answered}`);
  }));

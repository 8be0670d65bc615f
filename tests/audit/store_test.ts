import assert from "node:assert/strict";
import { Batch } from "../../src/audit/batch.ts";
import { gatewayId, isGatewayGone } from "../../src/audit/gateway_id.ts";
import { STATEMENT_ROWS } from "../../src/audit/store.ts";
import {
  allRows,
  callAt,
  ended,
  insert,
  MAX_PAYLOAD,
  NOW,
  startedCall,
  withStore,
} from "./support.ts";

Deno.test("AuditStore.write inserts rows and completes those of an earlier batch", () =>
  withStore(async (store, path) => {
    const call = startedCall();
    insert(store, [call]);
    assert.equal((await allRows(path))[0]?.outcome, "open");
    const later = new Batch();
    later.end(ended(call, "tool_error"), MAX_PAYLOAD);
    store.write(later.rows, later.completions);
    const rows = await allRows(path);
    assert.equal(rows.length, 1);
    const { change, ...columns } = rows[0]!;
    assert.ok(Number(change) > 1e15);
    assert.deepEqual(columns, {
      id: call.id,
      timestamp: "2026-11-22T17:52:54.170+00:00",
      agent_id: "claude-code",
      session_id: "s",
      server_name: "files",
      tool_name: "read_file",
      arguments: '{"path":"/etc/hosts"}',
      result: '{"content":[]}',
      latency_ms: 3,
      status: "error",
      policy_hit: null,
      outcome: "tool_error",
      detail: null,
      forwarded: 1,
      agent_version: "2.1.0",
      protocol_version: "2025-11-25",
      method: "tools/call",
      request_id: "1",
      request_bytes: 120,
      result_bytes: 54,
      latency_us: 3457,
      shadow_hits: null,
      gateway: gatewayId(),
      policy_decision: null,
      policy_digest: null,
      run: "r",
      session_calls: null,
      mono_us: 1_000_000,
      facts: null,
    });
  }));

Deno.test("AuditStore.write may be repeated: a row stays one row", () =>
  withStore(async (store, path) => {
    const call = callAt(NOW);
    insert(store, [call]);
    insert(store, [call]);
    assert.equal((await allRows(path)).length, 1);
  }));

for (const rows of [0, 1, STATEMENT_ROWS - 1, STATEMENT_ROWS, STATEMENT_ROWS + 1, 100]) {
  Deno.test(`AuditStore.write writes a batch of ${rows} rows, each with its own values`, () =>
    withStore(async (store, path) => {
      const encoder = new TextEncoder();
      const calls = Array.from({ length: rows }, (_, n) => {
        const text = n % 3 === 0 ? `caf\u00e9 ${n}` : `plain ${n}`;
        return ended(startedCall({
          id: `call-${String(n).padStart(3, "0")}`,
          requestId: n % 2 === 0 ? n : `id-${n}`,
          arguments: encoder.encode(JSON.stringify({ text })),
        }));
      });
      insert(store, calls);
      const stored = await allRows(path);
      assert.deepEqual(
        stored.map((row) => [row.id, row.request_id, row.arguments]),
        calls.map(({ id }, n) => [
          id,
          n % 2 === 0 ? `${n}` : `"id-${n}"`,
          JSON.stringify({ text: n % 3 === 0 ? `caf\u00e9 ${n}` : `plain ${n}` }),
        ]),
      );
    }));
}

Deno.test("AuditStore.write keeps apart what different agents and sessions call in one batch", () =>
  withStore(async (store, path) => {
    const batch = new Batch();
    const agents = ["a", "a", "b", null, "a"];
    for (const [n, agentName] of agents.entries()) {
      const origin = { serverName: "files", sessionId: `s${n >> 1}`, gateway: "g", run: "r" };
      const peer = { agentName, agentVersion: null, protocolVersion: "2025-11-25" };
      batch.start(startedCall({ id: `call-${n}`, client: peer }), origin, MAX_PAYLOAD);
    }
    store.write(batch.rows, batch.completions);
    assert.deepEqual(
      (await allRows(path)).map((row) => [row.id, row.agent_id, row.session_id]),
      agents.map((agent, n) => [`call-${n}`, agent, `s${n >> 1}`]),
    );
  }));

Deno.test("AuditStore.write stores what ended anew within its batch as it ended last", () =>
  withStore(async (store, path) => {
    const batch = new Batch(), origin = { serverName: "f", sessionId: "s", gateway: "g", run: "r" };
    const call = startedCall();
    batch.start(call, origin, MAX_PAYLOAD);
    batch.end(ended(call, "task"), MAX_PAYLOAD);
    batch.end(ended(call, "ok"), MAX_PAYLOAD);
    store.write(batch.rows, batch.completions);
    assert.deepEqual((await allRows(path)).map(({ outcome }) => outcome), ["ok"]);
  }));

Deno.test("AuditStore.write writes all of a batch or nothing", () =>
  withStore(async (store, path) => {
    const batch = new Batch();
    const origin = { serverName: "files", sessionId: "s", gateway: "g", run: "r" };
    batch.start(callAt(NOW), origin, MAX_PAYLOAD);
    batch.start(callAt(NOW), { ...origin, serverName: null as unknown as string }, MAX_PAYLOAD);
    assert.throws(() => store.write(batch.rows, batch.completions), /NOT NULL/);
    assert.equal((await allRows(path)).length, 0);
    insert(store, [callAt(NOW)]);
    assert.equal((await allRows(path)).length, 1);
  }));

Deno.test("AuditStore.closeOrphans ends open rows of gateways that are gone", () =>
  withStore(async (store, path) => {
    insert(store, [startedCall({ id: "orphan" }), callAt(NOW, "complete")], "host/1");
    insert(store, [startedCall({ id: "running" })], "host/2");
    assert.equal(store.closeOrphans((gateway) => gateway === "host/1"), 1);
    assert.deepEqual(
      (await allRows(path)).map(({ id, outcome, status }) => [id, outcome, status]),
      [["orphan", "unknown", "error"], ["complete", "ok", "allowed"], [
        "running",
        "open",
        "allowed",
      ]],
    );
  }));

Deno.test("AuditStore.closeOrphans is undone by the completion of a gateway that lives after all", () =>
  withStore(async (store, path) => {
    const call = startedCall();
    insert(store, [call], "elsewhere/1");
    assert.equal(store.closeOrphans(), 1);
    const later = new Batch();
    later.end(ended(call), MAX_PAYLOAD);
    store.write(later.rows, later.completions);
    assert.equal((await allRows(path))[0]?.outcome, "ok");
  }));

Deno.test("isGatewayGone tells the living from the gone", async () => {
  const host = gatewayId().slice(0, gatewayId().lastIndexOf("/"));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "await Deno.stdin.read(new Uint8Array(1))"],
    stdin: "piped",
  }).spawn();
  assert.equal(isGatewayGone(`${host}/${child.pid}`), false);
  assert.equal(isGatewayGone(`elsewhere/${child.pid}`), true);
  await child.stdin.close();
  await child.status;
  assert.equal(isGatewayGone(`${host}/${child.pid}`), true);
  assert.equal(isGatewayGone(gatewayId()), true);
  assert.equal(isGatewayGone(`${host}/`), true);
  assert.equal(isGatewayGone(null), true);
});

import assert from "node:assert/strict";
import { HELD_BOUNDS } from "../../src/session/held.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { answer, call, Harness, type HarnessOptions, request } from "./harness.ts";
import { batch, Holding, ids, NO_RECORD } from "./holding.ts";

/** A session with such a stage, and one behind it that judges what is let through. */
function withHolding(options: HarnessOptions & { isBrief?: boolean } = {}) {
  const { isBrief = false, ...rest } = options, holding = new Holding(isBrief);
  const seen: string[] = [];
  const behind: Stage = {
    name: "limits",
    onRequest: ({ tool }, message) => {
      seen.push(`${tool} ${new TextDecoder().decode(message.bodyBytes!)}`);
      return tool === "hold-then-deny" ? { ...NO_RECORD, outcome: "denied" } : undefined;
    },
  };
  const h = new Harness({ ...rest, stages: [holding.stage, behind] });
  return { h, holding, seen, ...holding };
}

Deno.test("Session holds a call, goes on with others, and sends it on when it is let through", () => {
  const { h, held, seen, told } = withHolding();
  const first = call(1, "hold", { a: 1 });
  assert.equal(h.agent(first).server, "");
  assert.deepEqual(h.events, ["call_started"]);
  const other = call(2, "other");
  assert.equal(h.agent(other).server, other);
  assert.equal(h.server(answer(2)).agent, answer(2));
  held[0]!();
  assert.deepEqual(h.take(), { server: first, agent: "" });
  assert.equal(h.deliveries, 1);
  assert.deepEqual(seen.map((line) => line.split(" ")[0]), ["other", "hold"]);
  assert.equal(seen[1], 'hold {"name":"hold","arguments":{"a":1}}');
  assert.equal(h.server(answer(1)).agent, answer(1));
  assert.deepEqual(h.ended.map((c) => [c.requestId, c.outcome]), [[2, "ok"], [1, "ok"]]);
  assert.deepEqual(told, ["held hold", "end other ok", "end hold ok"]);
  assert.equal(h.context.held.size, 0);
});

Deno.test("Session refuses a held call when it is told to, or when a later stage does", () => {
  const { h, held, told } = withHolding();
  h.agent(call(1, "hold"));
  h.agent(call(2, "hold-then-deny"));
  held[0]!(NO_RECORD);
  assert.deepEqual(ids(h.take().agent), [[1, -31033]]);
  held[1]!();
  const out = h.take();
  assert.equal(out.server, "");
  assert.deepEqual(ids(out.agent), [[2, -31033]]);
  assert.deepEqual(h.ended.map((c) => [c.requestId, c.outcome]), [[1, "error"], [2, "denied"]]);
  assert.deepEqual(told.filter((line) => line.startsWith("end")), [
    "end hold error",
    "end hold-then-deny denied",
  ]);
  assert.equal(h.session.openRequests.size, 0);
});

Deno.test("Session takes the first word on a held call, and none on one that is over", () => {
  const { h, held } = withHolding();
  h.agent(call(1, "hold"));
  held[0]!(NO_RECORD);
  h.take();
  held[0]!();
  assert.deepEqual(h.take(), { server: "", agent: "" });
  h.agent(call(1, "hold"));
  held[0]!();
  assert.deepEqual(h.take(), { server: "", agent: "" });
  held[1]!();
  assert.equal(h.take().server, call(1, "hold"));
  held[1]!();
  assert.deepEqual(h.take(), { server: "", agent: "" });
  assert.equal(h.ended.length, 1);
});

Deno.test("Session cancels a held call without a word to the server", () => {
  const { h, held } = withHolding();
  h.agent(call(1, "hold"));
  const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}\n';
  assert.deepEqual(h.agent(cancel), { server: "", agent: "" });
  assert.deepEqual(h.ended.map((c) => c.outcome), ["cancelled"]);
  held[0]!();
  assert.deepEqual(h.take(), { server: "", agent: "" });
  assert.equal(h.context.held.size, 0);
  assert.equal(h.agent(call(1, "other")).server, call(1, "other"));
});

Deno.test("Session gives up a held call in time, and counts anew once it is forwarded", () => {
  const { h, held } = withHolding({ callTimeoutMs: 1000 });
  h.agent(call(1, "hold"));
  h.agent(call(2, "hold"));
  h.nowMs = 1500;
  held[1]!();
  assert.equal(h.take().server, call(2, "hold"));
  h.nowMs = 2000;
  h.context.deadlines.expire();
  const out = h.take();
  assert.deepEqual(ids(out.agent), [[1, -31031]]);
  assert.ok(out.agent.includes("not executed"));
  assert.equal(out.server, "");
  assert.equal(h.context.deadlines.next, 2500);
  h.nowMs = 2500;
  h.context.deadlines.expire();
  assert.ok(h.take().server.includes("notifications/cancelled"));
  assert.deepEqual(h.ended.map((c) => [c.requestId, c.outcome]), [[1, "timed_out"], [
    2,
    "timed_out",
  ]]);
});

Deno.test("Session ends held calls with everything else when the server is gone", () => {
  const { h, held } = withHolding();
  h.agent(call(1, "hold"));
  h.session.endAll("server_gone", "SIGKILL");
  assert.ok(h.take().agent.includes("was not executed"));
  assert.deepEqual(h.ended.map((c) => c.outcome), ["server_gone"]);
  assert.equal(h.context.held.size, 0);
  held[0]!();
  assert.deepEqual(h.take(), { server: "", agent: "" });
});

Deno.test("Session holds a batch whole until all its held calls are let through", () => {
  const { h, held } = withHolding();
  const sent = batch(call(1, "hold"), request(2, "ping"), call(3, "hold"), call(4, "other"));
  assert.equal(h.agent(sent).server, "");
  held[1]!();
  assert.equal(h.take().server, "");
  // Nobody answers what was not forwarded.
  assert.equal(h.server(answer(2)).agent, "");
  held[0]!();
  assert.equal(h.take().server, sent);
});

for (
  const [how, meet] of [
    ["refused", (_h, held) => held[1]!(NO_RECORD)],
    ["cancelled", (h) => {
      const params = { requestId: 3 };
      h.agent(JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params }) + "\n");
    }],
  ] as const satisfies [string, (h: Harness, held: Holding["held"]) => void][]
) {
  Deno.test(`Session refuses the rest of a held batch of which a call is ${how}`, () => {
    const holding = new Holding(false);
    let agent = "";
    const h = new Harness({ stages: [holding.stage] });
    h.agent(batch(call(1, "hold"), request(2, "ping"), call(3, "hold")));
    const receive = h.agent.bind(h);
    h.agent = (...chunks) => {
      const out = receive(...chunks);
      agent += out.agent;
      assert.equal(out.server, "");
      return out;
    };
    meet(h, holding.held);
    const out = h.take();
    assert.equal(out.server, "");
    const told = ids(agent + out.agent);
    assert.deepEqual(told.filter(([id]) => id !== 3), [[1, -32600], [2, -32600]]);
    assert.equal(told.some(([id]) => id === 3), how === "refused");
    assert.equal(h.ended.length, 2);
    assert.equal(h.session.openRequests.size, 0);
    assert.equal(h.context.held.size, 0);
  });
}

Deno.test("Session may hold a call again behind the stage that held it first", () => {
  const first = new Holding(false), second = new Holding(true);
  const h = new Harness({ stages: [first.stage, { ...second.stage, name: "audit" }] });
  h.agent(call(1, "hold"));
  assert.equal(second.held.length, 0);
  first.held[0]!();
  assert.equal(h.take().server, "");
  assert.equal(h.context.held.hasBrief, true);
  second.held[0]!();
  assert.equal(h.take().server, call(1, "hold"));
  assert.deepEqual([h.context.held.size, h.context.held.hasBrief], [0, false]);
});

Deno.test("Session refuses a call beyond those that may wait for somebody, and takes more later", () => {
  const { h, held } = withHolding();
  for (let id = 0; id < HELD_BOUNDS.calls; id++) assert.equal(h.agent(call(id, "hold")).agent, "");
  const refused = h.agent(call("more", "hold"));
  assert.deepEqual(ids(refused.agent), [["more", -31034]]);
  assert.deepEqual(h.ended.map((c) => [c.requestId, c.policyHit]), [["more", "held"]]);
  held[0]!();
  assert.equal(h.take().server, call(0, "hold"));
  assert.equal(h.agent(call("more", "hold")).agent, "");
});

Deno.test("Session refuses a call whose text is beyond what may be held", () => {
  const { h } = withHolding({ maxMessageBytes: 2 * HELD_BOUNDS.bytes });
  const overhead = call(1, "hold", { a: "" }).length - 1;
  const full = call(1, "hold", { a: "x".repeat(HELD_BOUNDS.bytes - overhead) });
  assert.equal(full.length - 1, HELD_BOUNDS.bytes);
  assert.equal(h.agent(full).agent, "");
  assert.deepEqual(ids(h.agent(call(2, "hold")).agent), [[2, -31034]]);
});

Deno.test("HeldTexts is full when brief texts have reached their bound, and refuses none of them", () => {
  const { h, held } = withHolding({ isBrief: true });
  const text = call(1, "hold", { a: "x".repeat(HELD_BOUNDS.briefBytes / 2) });
  h.agent(text);
  assert.equal(h.context.held.isFull, false);
  h.agent(text.replace('"id":1', '"id":2'));
  assert.equal(h.context.held.isFull, true);
  assert.equal(h.agent(call(3, "hold")).agent, "");
  held[0]!();
  assert.notEqual(h.take().server, "");
  assert.equal(h.context.held.isFull, false);
});

Deno.test("Session refuses a held call when a stage cannot read what it wants of it", () => {
  const holding = new Holding(false);
  const h = new Harness({
    stages: [{
      name: "limits",
      onHeld: () => {
        throw new Error("unreadable");
      },
    }, holding.stage],
  });
  assert.deepEqual(ids(h.agent(call(1, "hold")).agent), [[1, -32603]]);
  assert.equal(holding.held.length, 0);
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [["error", "limits"]]);
});

import assert from "node:assert/strict";
import type { Stage } from "../../src/session/pipeline.ts";
import { answer, call, Harness, request } from "./harness.ts";
import { batch, Holding, ids, NO_RECORD } from "./holding.ts";

const cancel = (requestId: number | string) =>
  JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } }) +
  "\n";
const NOTHING = { server: "", agent: "" };

Deno.test("Session lets no answer, however broken, end a call that was not forwarded", () => {
  for (const said of [answer(1), '{"jsonrpc":"2.0","id":1,"result":{oops}\n', `[${answer(1)}`]) {
    const { stage, held } = new Holding(true), h = new Harness({ stages: [stage] });
    h.agent(call(1, "hold"));
    assert.deepEqual(h.server(said), NOTHING);
    assert.deepEqual(h.ended, []);
    held[0]!();
    assert.equal(h.take().server, call(1, "hold"));
    assert.equal(h.server(answer(1)).agent, answer(1));
    assert.deepEqual(h.ended.map(({ outcome }) => outcome), ["ok"]);
  }
});

Deno.test("Session has every call of a held batch read what is wanted of it, held itself or not", () => {
  const { stage, told } = new Holding(false), h = new Harness({ stages: [stage] });
  h.agent(batch(call(1, "hold"), call(2, "other")));
  assert.deepEqual(told, ["held hold", "held other"]);
});

Deno.test("Session settles holds one after the other, whoever settles them and when", () => {
  const settleNext = () => holding.held.shift()?.();
  const holding: Holding = new Holding(false, settleNext);
  const h = new Harness({ stages: [holding.stage] });
  // The end of the first, while its batch passes, lets the second through.
  const first = batch(call(1, "hold"), cancel(1)),
    second = call(2, "hold", { text: "x".repeat(99) });
  h.agent(first, second);
  settleNext();
  assert.deepEqual(h.take(), { server: first + second, agent: "" });
});

Deno.test("Session settles no hold while another text is being let in", () => {
  const holding = new Holding(false);
  const meddling: Stage = {
    name: "limits",
    onRequest: ({ tool }) => void (tool === "other" && holding.held[0]!()),
  };
  const h = new Harness({ stages: [meddling, holding.stage] });
  h.server(request("s", "sampling/createMessage"));
  const first = batch(answer("s"), call(1, "hold")), second = batch(answer("s"), call(2, "other"));
  h.agent(first);
  // The second answers the request that the first was about to answer: it came to be first.
  const out = h.agent(second);
  assert.equal(out.server, second);
  assert.deepEqual(ids(out.agent), [[1, -32600]]);
});

Deno.test("Session settles a hold in its own start, alone and in a batch", () => {
  const seen: string[] = [];
  const stage = (name: "policy" | "limits"): Stage => ({
    name,
    onRequest: ({ tool }) => ({
      isBrief: false,
      start(settle) {
        settle(tool === "no" ? NO_RECORD : undefined);
        settle(NO_RECORD);
      },
    }),
    onEnd: ({ tool, end }) => void seen.push(`${name} ${tool} ${end?.outcome}`),
  });
  const h = new Harness({ stages: [stage("policy"), stage("limits")] });
  const passing = call(1) + batch(call(2), call(3), request(4, "ping"));
  assert.deepEqual(h.agent(passing), { server: passing, agent: "" });
  const out = h.agent(batch(call(5), call(6, "no"), call(7)));
  assert.equal(out.server, "");
  assert.deepEqual(ids(out.agent), [[5, -32600], [6, -31033], [7, -32600]]);
  assert.deepEqual(seen.slice(0, 1), ["policy no error"]);
  assert.equal(h.context.held.size, 0);
});

for (
  const [how, end] of [
    ["given up", (h) => {
      h.nowMs += 1000;
      h.context.deadlines.expire();
    }],
    ["cancelled", (h) => h.agent(cancel(1))],
    ["left by the agent", (h) => h.session.endAll("agent_gone", "gone")],
  ] as const satisfies [string, (h: Harness) => void][]
) {
  Deno.test(`Session forwards nothing that was held with a call that is ${how}`, () => {
    // Who hears of the end lets everything else through.
    const holding: Holding = new Holding(false, () => holding.held.forEach((settle) => settle()));
    const h = new Harness({ stages: [holding.stage], callTimeoutMs: 1000 });
    h.agent(batch(call(1, "hold"), call(2, "hold")));
    holding.held[0]!();
    end(h);
    assert.equal(h.take().server, "");
    assert.equal(h.ended.length, 2);
    assert.ok(h.ended.every(({ forwarded }) => !forwarded));
    assert.deepEqual([h.session.openRequests.size, h.context.held.size], [0, 0]);
  });
}

Deno.test("Session answers a request of the server once, though a held batch holds an answer", () => {
  const { stage, held } = new Holding(false), h = new Harness({ stages: [stage] });
  const ask = request("s", "sampling/createMessage");
  const meanwhile: ((h: Harness) => void)[] = [
    (h) => h.agent(answer("s", { second: true })),
    (h) => h.server(cancel("s")),
    (h) => {
      h.agent(answer("s", { second: true }));
      h.server(ask);
    },
  ];
  for (const meet of meanwhile) {
    h.server(ask);
    h.agent(batch(answer("s"), call(1, "hold")));
    meet(h);
    held.pop()!();
    const out = h.take();
    assert.equal(out.server, "");
    assert.deepEqual(ids(out.agent), [[1, -32600]]);
    assert.equal(h.refused.pop(), "an answer to nothing");
    h.agent(answer("s"));
  }
  assert.deepEqual(h.ended.map(({ policyHit }) => policyHit), ["batch", "batch", "batch"]);
  h.server(ask);
  const whole = batch(answer("s"), call(2, "hold"));
  h.agent(whole);
  held.pop()!();
  assert.equal(h.take().server, whole);
});

Deno.test("Session refuses a call whose hold cannot begin", () => {
  const stage: Stage = {
    name: "limits",
    onRequest: () => ({
      isBrief: false,
      start() {
        throw new Error("not now");
      },
    }),
  };
  const h = new Harness({ stages: [stage] });
  assert.deepEqual(ids(h.agent(call(1)).agent), [[1, -32603]]);
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [["error", "limits"]]);
  assert.deepEqual([h.session.openRequests.size, h.context.held.size], [0, 0]);
});

Deno.test("Session keeps a text back whose edits cross, held or not, and nothing of it leaves", () => {
  const holding = new Holding(false), edit = new Uint8Array(1);
  const crossing: Stage = {
    name: "redaction",
    onMessage(message) {
      if (message.isCall) [5, 10].forEach((at) => message.edit(at, at + 8, edit));
    },
  };
  const h = new Harness({ stages: [holding.stage, crossing] });
  const out = h.agent(call(1, "other"));
  assert.equal(out.server, "");
  assert.deepEqual(ids(out.agent), [[1, -32603]]);
  h.agent(call(2, "hold"));
  holding.held[0]!();
  assert.deepEqual(ids(h.take().agent), [[2, -32603]]);
  assert.deepEqual(h.ended.map(({ policyHit }) => policyHit), ["inspection", "inspection"]);
  assert.equal(h.agent(request(3, "ping")).server, request(3, "ping"));
});

Deno.test("Session tells the exchange of a fault inside while a hold is settled", () => {
  const { stage, held } = new Holding(false), h = new Harness({ stages: [stage] });
  h.agent(call(1, "hold"), call(2, "hold"));
  h.exchange.toServer.forward = () => {
    throw new Error("out of order");
  };
  assert.throws(() => held[0]!(), /out of order/);
  assert.throws(() => held[1]!(), /out of order/);
});

import assert from "node:assert/strict";
import { BucketMap, MAX_BUCKETS } from "../../src/limits/bucket_map.ts";
import { CircuitBreaker, MAX_CIRCUITS } from "../../src/limits/circuit_breaker.ts";
import { RateLimiter } from "../../src/limits/rate_limits.ts";
import { KeptBack } from "../../src/errors.ts";
import { TokenBucket } from "../../src/limits/token_bucket.ts";
import type { Outcome } from "../../src/session/call.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { answer, call, Harness, lines } from "../session/harness.ts";

const limit = { maxCalls: 4, windowMs: 1000 };

Deno.test("TokenBucket starts full, refills evenly and says how long to wait", () => {
  const bucket = new TokenBucket(limit, 0);
  for (let i = 0; i < 4; i++) assert.equal(bucket.take(0), undefined);
  assert.equal(bucket.take(0), 250);
  assert.equal(bucket.take(100), 150);
  assert.equal(bucket.take(250), undefined);
  assert.equal(bucket.take(250), 250);
  bucket.giveBack();
  assert.equal(bucket.take(250), undefined);
  for (let i = 0; i < 4; i++) assert.equal(bucket.take(1e9), undefined);
  assert.notEqual(bucket.take(1e9), undefined);
});

Deno.test("TokenBucket.resize applies at once and keeps the spent share", () => {
  const bucket = new TokenBucket(limit, 0);
  for (let i = 0; i < 2; i++) bucket.take(0);
  bucket.resize({ maxCalls: 10, windowMs: 1000 }, 0);
  for (let i = 0; i < 5; i++) assert.equal(bucket.take(0), undefined);
  assert.notEqual(bucket.take(0), undefined);
  bucket.resize({ maxCalls: 1, windowMs: 1000 }, 0);
  assert.notEqual(bucket.take(0), undefined);
});

Deno.test("BucketMap keeps MAX_BUCKETS names apart and lets further ones share", () => {
  const buckets = new BucketMap((_, now) => new TokenBucket({ maxCalls: 1, windowMs: 1e9 }, now));
  for (let i = 0; i < MAX_BUCKETS; i++) assert.equal(buckets.of(`n${i}`, 0).take(0), undefined);
  assert.equal(buckets.of("more", 0).take(0), undefined);
  assert.notEqual(buckets.of("and more", 0).take(0), undefined);
  assert.notEqual(buckets.of("n7", 0).take(0), undefined);
  // A window later nothing is spent, and names are forgotten.
  assert.equal(buckets.of("and more", 2e9).take(2e9), undefined);
  assert.equal(buckets.of("others", 2e9).take(2e9), undefined);
});

Deno.test("RateLimiter refuses by scope, and a refused call spends nothing", () => {
  let now = 0;
  const limiter = new RateLimiter({
    globalMaxCallsPerMinute: 3,
    perAgentMaxCallsPerMinute: undefined,
    perToolMaxCallsPerMinute: 1,
  }, () => now);
  const h = new Harness({ stages: [limiter.stage("session")] });
  assert.notEqual(h.agent(call(1, "a")).server, "");
  const refused = lines(h.agent(call(2, "a")).agent)[0].error;
  assert.equal(refused.code, -31029);
  assert.deepEqual(refused.data, {
    scope: "per-tool",
    outcome: "rate_limited",
    retry_after_secs: 60,
  });
  assert.match(refused.message, /not executed.*60 s/);
  // The call that the tool's limit refused has given its global token back.
  assert.notEqual(h.agent(call(3, "b")).server, "");
  assert.notEqual(h.agent(call(4, "c")).server, "");
  assert.equal(lines(h.agent(call(5, "d")).agent)[0].error.data.scope, "global");
  now += 60_000;
  assert.notEqual(h.agent(call(6, "a")).server, "");
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [
    ["rate_limited", "per-tool"],
    ["rate_limited", "global"],
  ]);
});

Deno.test("RateLimiter gives tokens back for a call that a later stage or a batch refuses", () => {
  const limiter = new RateLimiter({
    globalMaxCallsPerMinute: 2,
    perAgentMaxCallsPerMinute: undefined,
    perToolMaxCallsPerMinute: undefined,
  }, () => 0);
  const h = new Harness({
    stages: [limiter.stage("s"), {
      name: "policy",
      onRequest: ({ tool }) =>
        tool === "no"
          ? { outcome: "denied", policyHit: "no", code: -32603, message: "no" }
          : undefined,
    }],
  });
  for (let id = 0; id < 5; id++) h.agent(call(id, "no"));
  h.agent(`[${call(10, "a").trim()},${call(11, "no").trim()}]\n`);
  assert.notEqual(h.agent(call(12, "a")).server, "");
  assert.notEqual(h.agent(call(13, "a")).server, "");
  assert.equal(h.agent(call(14, "a")).server, "");
});

/** A breaker behind a session, and a clock. */
function breaker(countToolErrors = false) {
  const clock = { now: 0 };
  const circuits = new CircuitBreaker(
    {
      errorThreshold: 3,
      windowMs: 1000,
      cooldownMs: 5000,
      countToolErrors,
      callTimeoutMs: 0,
    },
    () => clock.now,
  );
  const h = new Harness({ stages: [circuits.stage()] });
  let id = 0;
  /** Makes a call and has it answered; tells how it ended. */
  const make = (kind: "ok" | "error" | "tool_error" | "wrong", tool = "t"): Outcome => {
    const sent = h.agent(call(++id, tool));
    if (sent.server !== "") {
      const error = (code: number) =>
        `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"m"}}\n`;
      h.server(
        kind === "ok"
          ? answer(id)
          : kind === "tool_error"
          ? answer(id, { isError: true })
          : error(kind === "error" ? -32000 : -32602),
      );
    }
    return h.ended.at(-1)!.outcome;
  };
  return { clock, circuits, h, make, next: () => ++id };
}

Deno.test("CircuitBreaker opens after so many failures in the window, probes once and closes", () => {
  const { clock, circuits, make } = breaker();
  make("error");
  make("error");
  clock.now = 1500; // both are out of the window
  make("error");
  assert.equal(circuits.stateOf("t").kind, "closed");
  make("error");
  make("error");
  assert.equal(circuits.stateOf("t").kind, "open");
  assert.equal(make("ok"), "circuit_open");
  assert.equal(make("ok", "other"), "ok");
  clock.now += 5000;
  assert.equal(make("error"), "error");
  assert.equal(make("ok"), "circuit_open");
  clock.now += 5000;
  assert.equal(make("ok"), "ok");
  assert.equal(circuits.stateOf("t").kind, "closed");
});

Deno.test("CircuitBreaker counts no wrong requests, and tool errors only when told to", () => {
  const lenient = breaker(), strict = breaker(true);
  for (let i = 0; i < 10; i++) {
    lenient.make("wrong");
    lenient.make("tool_error");
  }
  assert.equal(lenient.circuits.stateOf("t").kind, "closed");
  for (let i = 0; i < 3; i++) strict.make("tool_error");
  assert.equal(strict.circuits.stateOf("t").kind, "open");
});

Deno.test("CircuitBreaker's probe is given back when it is cancelled, and fails when unanswered", () => {
  const { clock, h, make, next, circuits } = breaker();
  for (let i = 0; i < 3; i++) make("error");
  clock.now += 5000;
  const probe = next();
  assert.notEqual(h.agent(call(probe, "t")).server, "");
  const refused = lines(h.agent(call(next(), "t")).agent)[0].error;
  assert.equal(refused.code, -31030);
  assert.equal(refused.data.state, "half_open");
  h.agent(
    `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${probe}}}\n`,
  );
  assert.notEqual(h.agent(call(next(), "t")).server, "");
  assert.equal(circuits.stateOf("t").kind, "half_open");
  clock.now += 5000; // nobody answers: open again, for one more cooldown
  assert.equal(make("ok"), "circuit_open");
  clock.now += 5000;
  assert.equal(make("ok"), "ok");
});

Deno.test("CircuitBreaker forgets no more than it must past MAX_CIRCUITS", () => {
  const { circuits, make } = breaker();
  for (let i = 0; i < 3; i++) make("error", "bad");
  for (let i = 0; i < MAX_CIRCUITS + 10; i++) make("error", `tool${i}`);
  assert.equal(circuits.stateOf("bad").kind, "open");
});

Deno.test("CircuitBreaker counts no answer that the gateway itself keeps back, and says so in the record", () => {
  const circuits = new CircuitBreaker(
    {
      errorThreshold: 2,
      windowMs: 1000,
      cooldownMs: 5000,
      countToolErrors: false,
      callTimeoutMs: 0,
    },
    () => 0,
  );
  let isWatching = false;
  const searching: Stage = {
    name: "redaction",
    onMessage() {
      if (!isWatching) return;
      throw new KeptBack("it takes longer than 5 ms to search ([policy] max_scan_ms)");
    },
  };
  const h = new Harness({ stages: [circuits.stage(), searching] });
  for (let id = 1; id <= 5; id++) {
    isWatching = false;
    h.agent(call(id, "t"));
    isWatching = true;
    const { error } = lines(h.server(answer(id)).agent)[0];
    assert.match(
      error.message,
      /^The answer was refused \(it takes .*max_scan_ms\)\)\. The request may/,
    );
    assert.ok(!error.message.includes("Nothing was executed"));
  }
  assert.equal(circuits.stateOf("t").kind, "closed");
  assert.equal(h.ended[0]!.policyHit, "inspection");
  const { error } = lines(h.agent(call(9, "t")).agent)[0];
  assert.match(error.message, /^Nothing was executed: .*\[policy\] max_scan_ms/);
});

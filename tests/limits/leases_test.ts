/** What a gateway asks of the store of shared limits, and what becomes of calls that wait for it. */

import assert from "node:assert/strict";
import { CircuitBreaker } from "../../src/limits/circuit_breaker.ts";
import type { CircuitReport, LeaseRequest, ToStore } from "../../src/limits/lease_protocol.ts";
import { Leases } from "../../src/limits/leases.ts";
import { RateLimiter } from "../../src/limits/rate_limits.ts";
import { SharedCircuits } from "../../src/limits/shared_circuits.ts";
import { call, Harness } from "../session/harness.ts";

const LIMIT = Object.freeze({ maxCalls: 10, windowMs: 60_000 });

/** Leases whose store is the test. */
function withoutStore() {
  const asked: LeaseRequest[] = [];
  const post = (message: ToStore) => void (message.type === "lease" && asked.push(message.request));
  return { asked, leases: new Leases({ onOutage: "deny", post, now: () => 0, random: () => 0 }) };
}

Deno.test("RateLimiter counts an agent that only this gateway has by itself, and asks nobody", () => {
  const { asked, leases } = withoutStore();
  const limits = {
    globalMaxCallsPerMinute: undefined,
    perAgentMaxCallsPerMinute: 1,
    perToolMaxCallsPerMinute: undefined,
  };
  const limiter = new RateLimiter(limits, () => 0, { leases, server: "server" });
  const h = new Harness({ stages: [limiter.stage("session")] });
  assert.notEqual(h.agent(call(1)).server, "");
  assert.match(h.agent(call(2)).agent, /this session's calls is reached/);
  assert.deepEqual(asked, []);
});

Deno.test("Leases.bucket is the same again while it asks, so every call that waits is told", () => {
  const { asked, leases } = withoutStore(), told: string[] = [];
  const waitFor = (name: string) => {
    const bucket = leases.bucket("rule", "few", LIMIT);
    assert.equal(bucket.take(0), "unknown");
    bucket.whenKnown(() => told.push(name));
  };
  waitFor("before the rule was gone");
  waitFor("after it was back");
  for (const { key, want: granted } of asked) {
    leases.receive({ type: "granted", grants: [{ key, granted, waitMs: 0 }] });
  }
  assert.equal(told.length, asked.length);
  leases.receive({ type: "outage" });
  assert.deepEqual(told, ["before the rule was gone", "after it was back"]);
});

Deno.test("LeasedBucket.resize gives back what was leased of another limit, and keeps that of the same", () => {
  const { asked, leases } = withoutStore();
  const grant = (key: string, granted: number) =>
    leases.receive({ type: "granted", grants: [{ key, granted, waitMs: 0 }] });
  const bucket = leases.bucket("rule", "few", { maxCalls: 1000, windowMs: 60_000 });
  assert.equal(bucket.take(0), "unknown");
  grant("rule:few", 50);
  bucket.resize({ maxCalls: 1000, windowMs: 60_000 }, 0);
  assert.equal(bucket.take(0), undefined);
  bucket.resize({ maxCalls: 2, windowMs: 60_000 }, 0);
  assert.equal(bucket.take(0), "unknown");
  assert.deepEqual(asked.at(-1), {
    ...{ key: "rule:few", maxCalls: 2, windowMs: 60_000 },
    ...{ want: 1, back: 49, alone: 0 },
  });
});

/** A gateway whose circuit was opened by another one, and is ready to be probed. */
function withOpenCircuit() {
  const clock = { now: 0 }, reports: CircuitReport[] = [];
  const now = () => clock.now;
  const shared = new SharedCircuits({
    server: "server",
    post: (message) => void (message.type === "circuit" && reports.push(message.report)),
    now,
  });
  const options = {
    ...{ errorThreshold: 1, windowMs: 1e6, cooldownMs: 1000 },
    ...{ countToolErrors: false, callTimeoutMs: 0 },
  };
  const harness = new Harness({
    stages: [new CircuitBreaker(options, now, undefined, shared).stage()],
  });
  harness.agent(call(1));
  harness.server('{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"m"}}\n');
  const { circuit } = reports.pop()!;
  clock.now = 1000;
  const hears = (openMs: number | null) => shared.receive({ type: "circuit", circuit, openMs });
  const answers = (isOurs: boolean) =>
    shared.receive({ type: "probe", circuit, isOurs, forMs: 1000 });
  return { harness, reports, hears, answers };
}

Deno.test("a call that waits to probe goes on when another gateway has closed the circuit first", () => {
  for (const isOurs of [true, false]) {
    const { harness, reports, hears, answers } = withOpenCircuit();
    assert.equal(harness.agent(call(2)).server, "");
    hears(null);
    assert.match(harness.agent(call(3)).server, /"id":3/);
    answers(isOurs);
    assert.match(harness.take().server, /"id":2/);
    assert.deepEqual(reports.map(({ event }) => event), isOurs ? ["probe", "released"] : ["probe"]);
  }
});

Deno.test("a call that waits to probe is refused when another one probes in its place", () => {
  const { harness, hears, answers } = withOpenCircuit();
  assert.equal(harness.agent(call(2)).server, "");
  hears(0);
  assert.match(harness.agent(call(3)).agent, /"id":2,"error".*"state":"half_open"/);
  answers(true);
  assert.match(harness.take().server, /"id":3/);
});

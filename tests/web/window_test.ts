import assert from "node:assert/strict";
import type { WindowAnswer } from "../../src/web/routes/window.ts";
import { stepsOf } from "../../src/web/window_queries.ts";
import { callAt, ended, startedCall } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

const MINUTE_MS = 60_000;

const refused = (startedAt: number, policyHit: string) => {
  const call = ended(startedCall({ startedAt }), "denied");
  call.record = { ...call.record, policyHit };
  return call;
};

Deno.test("/api/window tells a span, the one before it, its lines and its rules", () =>
  withDashboard({}, async ({ json, insert }) => {
    const now = Date.now(), hour = 60 * MINUTE_MS;
    insert(
      ...[callAt(now - 90 * MINUTE_MS), callAt(now - 100 * MINUTE_MS)],
      ...[callAt(now - 10 * MINUTE_MS), callAt(now - 5 * MINUTE_MS)],
      ...[refused(now - 20 * MINUTE_MS, "no-rm"), refused(now - 80 * MINUTE_MS, "old")],
      startedCall({ id: "runs", startedAt: now - MINUTE_MS }),
    );
    const told: WindowAnswer = await json("/api/window?span=1h");
    assert.deepEqual([told.sums.calls, told.sums.denied, told.before.calls], [3, 1, 3]);
    assert.deepEqual(told.rules, [{ rule: "no-rm", count: 1 }]);
    assert.deepEqual(told.open.map(({ id }) => id), ["runs"]);
    assert.equal(told.step_s, 60);
    const sum = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
    assert.equal(sum(told.lines.calls), 3);
    assert.equal(told.lines.at.length, told.lines.p95_ms.length);
    assert.equal(told.lines.p95_ms.filter((value) => value !== null).length, 3);
    const from = Math.floor((now - 2 * hour) / 1000), to = Math.floor((now - hour) / 1000);
    const zoomed: WindowAnswer = await json(`/api/window?from=${from}&to=${to}`);
    assert.deepEqual([zoomed.sums.calls, zoomed.rules], [3, [{ rule: "old", count: 1 }]]);
    for (const query of ["span=all", "from=5&to=5", "from=x", "spam=1h"]) {
      assert.match((await json(`/api/window?${query}`)).error, /\w/);
    }
  }));

Deno.test("/api/window names the tools that an open circuit has refused within the last minute", () =>
  withDashboard({}, async ({ json, insert }) => {
    const now = Date.now();
    const refusing = (tool: string, agoMs: number) => {
      const call = ended(startedCall({ tool, startedAt: now - agoMs }), "circuit_open");
      call.record = { ...call.record, policyHit: "circuit-breaker" };
      return call;
    };
    const denied = ended(startedCall({ tool: "denied", startedAt: now - 1000 }), "denied");
    insert(refusing("a", 20_000), refusing("a", 10_000), refusing("b", 30_000));
    insert(refusing("old", 90_000), denied, callAt(now - 1000));
    const { circuits }: WindowAnswer = await json("/api/window?span=1h");
    assert.deepEqual(
      circuits.map(({ server_name, tool_name, count }) => [typeof server_name, tool_name, count]),
      [["string", "a", 2], ["string", "b", 1]],
    );
    assert.equal(Date.parse(circuits[0]!.last_seen), now - 10_000);
  }));

Deno.test("/api/window compares a day with a day, though the one before is known by the hour", () =>
  withDashboard({}, async ({ json, insert }) => {
    const now = Date.now(), half = 30 * MINUTE_MS;
    insert(...Array.from({ length: 110 }, (_, n) => callAt(now - n * half - MINUTE_MS)));
    const { sums, before }: WindowAnswer = await json("/api/window?span=24h");
    assert.deepEqual([sums.calls, before.calls], [48, 48]);
  }));

Deno.test("stepsOf keeps to minutes while they are kept, and to a bounded number of steps", () => {
  const now = 1_900_000_000, hours = (count: number) => count * 3600;
  const steps = (from: number, to: number) => stepsOf({ from: now - from, to: now - to }, now);
  assert.equal(steps(hours(1), 0).stepS, 60);
  assert.equal(steps(hours(24), 0).stepS, 300);
  assert.equal(steps(hours(49), hours(48)).stepS, 3600);
  assert.equal(steps(hours(24 * 30), 0).stepS, 7200);
  for (const span of [1, 6, 24, 168, 720, 8760, 87_600]) {
    const { from, to, stepS } = steps(hours(span), 0);
    assert.ok((to - from) / stepS <= 402, `${span}`);
    assert.equal(from % stepS, 0);
  }
});

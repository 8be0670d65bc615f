import assert from "node:assert/strict";
import { circuitFilter, circuitWords, longCalls, refusingNow } from "../../ui/models/open_now.ts";
import { shortCall as call } from "./call.ts";

const NOW = 1_900_000_000_000;
const ago = (ms: number) => new Date(NOW - ms).toISOString();
const circuit = (tool_name: string, ms: number) => ({
  ...{ server_name: "fs", tool_name, count: 2, last_seen: ago(ms) },
});

Deno.test("a circuit is told for a minute after it has refused, though the answer is older", () => {
  const circuits = [circuit("a", 59_000), circuit("b", 61_000)];
  assert.deepEqual(refusingNow(circuits, NOW).map(({ tool_name }) => tool_name), ["a"]);
  assert.equal(circuitWords(circuits), "2 tools refused by an open circuit in the last minute");
  assert.match(circuitWords(circuits.slice(1)), /^1 tool refused/);
});

Deno.test("a circuit leads to the calls that it has refused", () => {
  assert.equal(
    circuitFilter({ server_name: "my fs", tool_name: "read" }),
    'outcome:circuit_open since:1h server:"my fs" tool:read',
  );
});

Deno.test("a call is told once it has run for a while", () => {
  const calls = [call({ id: "a", timestamp: ago(3000) }), call({ id: "b", timestamp: ago(500) })];
  assert.deepEqual(longCalls(calls, NOW).map(({ id }) => id), ["a"]);
});

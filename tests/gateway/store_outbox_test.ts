import assert from "node:assert/strict";
import { StoreOutbox } from "../../src/gateway/store_outbox.ts";
import type { ToStore } from "../../src/limits/lease_protocol.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("what is said to the store waits for the event loop, not for a call, and keeps its order", async () => {
  const posted: ToStore[] = [], outbox = new StoreOutbox((message) => posted.push(message));
  outbox.put(report("a"));
  outbox.put(report("b"));
  assert.deepEqual(posted, []);
  assert.ok(!outbox.isEmpty);
  await turn();
  assert.deepEqual(posted, [report("a"), report("b")]);
  assert.ok(outbox.isEmpty);

  outbox.put(report("c"));
  await turn();
  assert.deepEqual(posted.at(-1), report("c"));
});

Deno.test("the last message to the store, and what was before it, is posted at once", async () => {
  const posted: ToStore[] = [], outbox = new StoreOutbox((message) => posted.push(message));
  outbox.put(report("a"));
  outbox.put({ type: "close" });
  assert.deepEqual(posted, [report("a"), { type: "close" }]);
  await turn();
  assert.equal(posted.length, 2);
});

function report(circuit: string): ToStore {
  return { type: "circuit", report: { event: "closed", circuit } };
}

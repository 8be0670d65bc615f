import assert from "node:assert/strict";
import { CallIds } from "../../src/session/call_id.ts";

Deno.test("CallIds makes UUIDs of version 7 that sort in the order they were made", () => {
  const ids = new CallIds();
  const made = Array.from({ length: 3000 }, (_, i) => ids.next(1_700_000_000_000 + (i >> 10)));
  for (const id of made) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  assert.deepEqual([...made].sort(), made);
  assert.equal(parseInt(made[0]!.slice(0, 13).replace("-", ""), 16), 1_700_000_000_000);
});

Deno.test("CallIds never repeats itself, past its counter and in another instance", () => {
  const a = new CallIds(), b = new CallIds();
  const made = Array.from({ length: 5000 }, () => [a.next(1), b.next(1)]).flat();
  assert.equal(new Set(made).size, made.length);
});

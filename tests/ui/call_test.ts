import assert from "node:assert/strict";
import { folded, merged, outcomeOf, tookUs } from "../../ui/models/call.ts";
import { ids, shortCall } from "./call.ts";

Deno.test("merged puts news first, changes what is there where it stands, and is bounded", () => {
  const open = shortCall({ id: "b", outcome: "open", change: 2 });
  const history = [open, shortCall({ id: "a", change: 1 })];
  const ended = shortCall({ id: "b", change: 3 });
  const next = merged(history, [ended, shortCall({ id: "c" }), shortCall({ id: "d" })], 10);
  assert.equal(ids(next), "d c b a");
  assert.equal(next[2], ended);
  assert.equal(ids(merged(next, [shortCall({ id: "e" })], 4)), "e d c b");
  assert.equal(merged([ended], [open], 10)[0], ended, "what is older changes nothing");
});

Deno.test("folded folds what follows one another and differs in time alone", () => {
  const rows = folded(
    ["c", "b", "a"].map((id) => shortCall({ id })).concat(
      shortCall({ id: "x", tool_name: "bash" }),
      shortCall({ id: "w" }),
    ),
    10,
  );
  assert.deepEqual(rows.map(({ call, times, key }) => [call.id, times, key]), [
    ["c", 3, "a"],
    ["x", 1, "x"],
    ["w", 1, "w"],
  ]);
  const other = folded([shortCall({ id: "1" }), shortCall({ id: "2", outcome: "error" })], 10);
  assert.equal(other.length, 2);
  assert.equal(
    folded([shortCall({ id: "1" }), shortCall({ id: "2", tool_name: "x" })], 1).length,
    1,
  );
});

Deno.test("outcomeOf has a word for each outcome, and a tone only where something is wrong", () => {
  const of = (status: string, outcome: string) => {
    const { word, tone } = outcomeOf({ status, outcome });
    return `${word}/${tone}`;
  };
  assert.equal(of("allowed", "ok"), "ok/quiet");
  assert.equal(of("allowed", "open"), "running/running");
  assert.equal(of("denied", "malformed"), "malformed/denied");
  assert.equal(of("rate_limited", "rate_limited"), "limited/limited");
  assert.equal(of("error", "tool_error"), "tool error/error");
  assert.equal(tookUs({ latency_us: null, latency_ms: 4 }), 4000);
});

import assert from "node:assert/strict";
import { Readings } from "../../src/policy/watcher.ts";

/** What readings come to, one after the other, from a file that is `a`. */
const taken = (...readings: string[]) => {
  const all = new Readings("a");
  return readings.map((reading) => all.take(reading));
};

Deno.test("Readings count a change when two in a row have found it", () => {
  assert.deepEqual(taken("a", "b", "b", "b"), ["unchanged", "unsettled", "changed", "unchanged"]);
});

Deno.test("Readings of a file that is written piece by piece count when it stays as it is", () => {
  const pieces = ["", "b", "bc", "bcd"];
  assert.deepEqual(taken(...pieces), pieces.map(() => "unsettled"));
  assert.deepEqual(taken(...pieces, "bcd").at(-1), "changed");
});

Deno.test("Readings that return to what was there are no change", () => {
  assert.deepEqual(taken("b", "a", "b", "a"), ["unsettled", "unchanged", "unsettled", "unchanged"]);
});

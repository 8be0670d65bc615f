import assert from "node:assert/strict";
import type { CopySource } from "../../src/audit/copy_state.ts";
import { type FleetCalls, READ_BATCH } from "../../src/fleet/copy/calls_reader.ts";
import {
  changedSources,
  isTailBehind,
  MAX_ASKED,
  tailQuestion,
} from "../../src/fleet/copy/tail.ts";

const shippedAt = "2026-11-27T00:00:00.000Z";
const shipped = (source: string, shipped: number) => ({ source, host: "h", shipped, shippedAt });
const known = (marks: Readonly<Record<string, number>>) =>
  new Map(
    Object.entries(marks).map(([source, mark]): [string, CopySource] => [
      source,
      { source, host: "h", mark, shipped_at: shippedAt },
    ]),
  );

/** An answer with so many rows of a log, one a change. */
function answer(
  found: number,
  ...rows: readonly (readonly [string, number, number])[]
): FleetCalls {
  const calls = rows.flatMap(([source, from, to]) =>
    Array.from({ length: to - from + 1 }, (_, n) => ({
      ...{ source, host: "h", change: from + n, startedUs: 0, values: [] },
    }))
  );
  return { calls, found };
}

const marksOf = (sources: readonly CopySource[]) =>
  Object.fromEntries(sources.map(({ source, mark }) => [source, mark]));

Deno.test("tailQuestion asks for what was shipped and is not here, another log first each time", () => {
  const all = [shipped("a", 5), shipped("b", 5), shipped("c", 5), shipped("new", 2)];
  const marks = known({ a: 5, b: 3, c: 1 });
  const asked = (look: number) => tailQuestion(all, marks, look).asked.map(({ source }) => source);
  assert.deepEqual(asked(0), ["b", "c", "new"]);
  assert.deepEqual(asked(4), ["c", "new", "b"]);
  assert.deepEqual(tailQuestion(all, marks, 0).asked[2], { source: "new", after: 0, upTo: 2 });
  const many = Array.from({ length: MAX_ASKED + 1 }, (_, n) => shipped(`${n}`, 1));
  const { asked: some, rows } = tailQuestion(many, known({}), 1);
  assert.deepEqual([some.length, rows], [MAX_ASKED, READ_BATCH.rows / MAX_ASKED]);
  assert.equal(some[0]!.source, "1");
});

Deno.test("changedSources moves a mark as far as nothing is missing", () => {
  const all = [shipped("a", 9), shipped("b", 9), shipped("c", 9)],
    marks = known({ a: 1, b: 2, c: 3 });
  const question = { ...tailQuestion(all, marks, 0), rows: 3 };
  const after = (given: FleetCalls) => marksOf(changedSources(all, marks, question, given));
  // All of a, as many of b as were asked for, none of c.
  assert.deepEqual(after(answer(5, ["a", 2, 3], ["b", 3, 5])), { a: 9, b: 5, c: 9 });
  // The answer was full in the midst of b: nothing is known of c.
  assert.deepEqual(after(answer(9, ["a", 2, 3], ["b", 3, 4])), { a: 9, b: 4 });
  assert.deepEqual(after(answer(9, ["a", 2, 2])), { a: 2 });
  assert.deepEqual(after(answer(0)), { a: 9, b: 9, c: 9 });
});

Deno.test("changedSources tells of logs that have shipped, though nothing is to be copied", () => {
  const marks = known({ a: 9 }), nothing = { asked: [], rows: 1 }, none = answer(0);
  assert.deepEqual(changedSources([shipped("a", 9)], marks, nothing, none), []);
  const later = { ...shipped("a", 9), shippedAt: "2026-11-28T00:00:00.000Z" };
  assert.deepEqual(marksOf(changedSources([later], marks, nothing, none)), { a: 9 });
  // PostgreSQL that was restored knows less than the copy.
  assert.equal(isTailBehind([shipped("a", 3)], marks), false);
  assert.equal(isTailBehind([shipped("a", 10)], marks), true);
});

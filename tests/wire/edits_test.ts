import assert from "node:assert/strict";
import { inOrder } from "../../src/wire/edits.ts";

const edits = (...spans: [number, number][]) =>
  spans.map(([start, end]) => ({ start, end, replacement: new Uint8Array(1) }));
const spansOf = (...spans: [number, number][]) =>
  inOrder(edits(...spans), 2, 10).map(({ start, end }) => [start, end]);

Deno.test("inOrder sorts edits, keeps neighbours, and leaves out those inside others", () => {
  assert.deepEqual(spansOf([8, 10], [2, 4], [4, 6]), [[2, 4], [4, 6], [8, 10]]);
  assert.deepEqual(spansOf([3, 4], [2, 8], [5, 8], [2, 3]), [[2, 8]]);
  assert.deepEqual(spansOf(), []);
});

Deno.test("inOrder refuses edits that cross, or leave the text", () => {
  assert.throws(() => spansOf([2, 5], [4, 7]), RangeError);
  assert.throws(() => spansOf([8, 11]), RangeError);
  assert.throws(() => spansOf([0, 1]), RangeError);
});

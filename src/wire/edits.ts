/**
 * Edits of a text, before they are spliced in.
 *
 * @module
 */

/** A part of a text and what stands in its place when it goes on. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: Uint8Array;
}

/**
 * Puts edits in order; one inside another is lost with what it would have changed.
 *
 * @returns Edits of `[start, end)` that stand apart; `edits` itself when there are none.
 * @throws {RangeError} when two overlap, or one stands outside.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const edit = (start: number, end: number) => ({ start, end, replacement: new Uint8Array(1) });
 * const edits = inOrder([edit(8, 9), edit(1, 4), edit(2, 3)], 0, 10);
 * assert.deepEqual(edits.map(({ start }) => start), [1, 8]);
 * ```
 */
export function inOrder(edits: readonly Edit[], start: number, end: number): readonly Edit[] {
  if (edits.length === 0) return edits;
  const ordered: Edit[] = [];
  let at = start;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start < start || edit.end > end) throw new RangeError("Cannot edit another text");
    if (edit.end <= at && edit.start < at) continue;
    if (edit.start < at) throw new RangeError("Cannot splice edits that overlap");
    ordered.push(edit);
    at = edit.end;
  }
  return ordered;
}

/** Bytes by which edits that stand apart make a text longer. */
export function growthOf(edits: readonly Edit[]): number {
  let growth = 0;
  for (const { start, end, replacement } of edits) growth += replacement.length - (end - start);
  return growth;
}

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

/**
 * Splices edits into `bytes[start, end)`.
 *
 * @param edits In order, none overlapping another; their offsets are those of `bytes`.
 * @returns A new text; a view when there are none, and `bytes` itself when that is all of it.
 */
export function splice(
  bytes: Uint8Array,
  start: number,
  end: number,
  edits: readonly Edit[],
): Uint8Array {
  if (edits.length === 0) {
    return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  }
  const whole = new Uint8Array(end - start + growthOf(edits));
  let from = start, to = 0;
  const add = (part: Uint8Array) => {
    whole.set(part, to);
    to += part.length;
  };
  for (const edit of edits) {
    add(bytes.subarray(from, edit.start));
    add(edit.replacement);
    from = edit.end;
  }
  add(bytes.subarray(from, end));
  return whole;
}

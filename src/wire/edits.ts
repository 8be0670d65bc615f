/**
 * Edits of a text: parts of it, and what stands in their place when it goes on.
 *
 * @module
 */

/** A part of a text and its replacement. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: Uint8Array;
}

/**
 * The edits in the order of the text. One inside another is lost with what it would have changed.
 *
 * @throws {Error} when two cross each other.
 */
export function inOrder(edits: readonly Edit[]): readonly Edit[] {
  let at = -1;
  return edits.toSorted((a, b) => a.start - b.start || b.end - a.end).filter((edit) => {
    if (edit.end <= at && edit.start < at) return false;
    if (edit.start < at) throw new Error("Cannot splice edits that overlap");
    at = edit.end;
    return true;
  });
}

/** Bytes by which edits make a text longer. */
export function growthOf(edits: readonly Edit[]): number {
  if (edits.length === 0) return 0;
  return inOrder(edits).reduce(
    (sum, { start, end, replacement }) => sum + replacement.length - (end - start),
    0,
  );
}

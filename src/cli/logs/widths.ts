/**
 * Widths of a table's columns where there is not as much room as they want, or more.
 *
 * @module
 */

/** Characters that are left of a column at least. */
const NARROWEST = 4;

/**
 * Takes from the widest columns first, of those that may be of any length before the others.
 *
 * @param wanted The widths that the known cells have.
 * @param room What they may have together.
 * @param flexible Indices of the columns that may be of any length.
 * @param isOpenEnded Whether these get the room that is left, for cells that are not known yet.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(fit([10, 50, 20], 50, new Set([1, 2]), false), [10, 20, 20]);
 * assert.deepEqual(fit([10, 10, 10], 50, new Set([1, 2]), true), [10, 20, 20]);
 * ```
 */
export function fit(
  wanted: readonly number[],
  room: number,
  flexible: ReadonlySet<number>,
  isOpenEnded: boolean,
): number[] {
  const widths = [...wanted];
  const spare = () => room - widths.reduce((sum, width) => sum + width, 0);
  const all = new Set(widths.keys());
  for (const columns of [flexible, all]) {
    while (spare() < 0) {
      const widest = pick(columns, (a, b) => widths[a]! > widths[b]!);
      if (widths[widest]! <= NARROWEST) break;
      widths[widest]!--;
    }
  }
  if (isOpenEnded) {
    for (let left = spare(); left > 0; left--) {
      widths[pick(flexible, (a, b) => widths[a]! < widths[b]!)]!++;
    }
  }
  return widths;
}

function pick(columns: ReadonlySet<number>, isBetter: (a: number, b: number) => boolean): number {
  return [...columns].reduce((best, column) => isBetter(column, best) ? column : best);
}

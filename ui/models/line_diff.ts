/**
 * What differs between two texts, line by line.
 *
 * @module
 */

/** A line of either text, or of both. */
export interface DiffLine {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** Lines beyond which nothing is aligned: then all of one text is gone, and all of the other new. */
const MAX_CELLS = 4_000_000;

/** Compares two texts by their longest common subsequence of lines. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const a = before.split("\n"), b = after.split("\n");
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) {
    tail++;
  }
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...a.slice(0, head).map(same),
    ...aligned(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...a.slice(a.length - tail).map(same),
  ];
}

function aligned(a: readonly string[], b: readonly string[]): DiffLine[] {
  const width = b.length + 1;
  const found: DiffLine[] = [];
  let i = 0, j = 0;
  if (width * (a.length + 1) <= MAX_CELLS) {
    const longest = new Uint32Array(width * (a.length + 1));
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        longest[i * width + j] = a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
      }
    }
    while (i < a.length && j < b.length) {
      if (a[i] === b[j]) {
        found.push({ kind: "same", text: a[i++]! });
        j++;
      } else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) {
        found.push({ kind: "gone", text: a[i++]! });
      } else found.push({ kind: "new", text: b[j++]! });
    }
  }
  while (i < a.length) found.push({ kind: "gone", text: a[i++]! });
  while (j < b.length) found.push({ kind: "new", text: b[j++]! });
  return found;
}

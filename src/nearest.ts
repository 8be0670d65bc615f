/**
 * "Did you mean …?"
 *
 * @module
 */

import { closest, distance } from "fastest-levenshtein";

/** The word of `words` that `typed` is most likely a slip of, or undefined when none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  if (words.length === 0) return undefined;
  const candidate = closest(typed, words);
  // One slip in three letters: beyond it a guess confuses more than it helps.
  return distance(typed, candidate) <= Math.ceil(typed.length / 3) ? candidate : undefined;
}

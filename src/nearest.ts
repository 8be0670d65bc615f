/**
 * "Did you mean …?"
 *
 * @module
 */

import leven, { closestMatch } from "leven";

/** The word of `words` that `typed` is most likely a slip of, or undefined when none is near. */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const candidate = closestMatch(typed, words);
  // One slip in three letters: beyond it a guess confuses more than it helps.
  const most = Math.ceil(typed.length / 3);
  return candidate !== undefined && leven(typed, candidate) <= most ? candidate : undefined;
}

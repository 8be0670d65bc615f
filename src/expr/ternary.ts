/**
 * Answers of conditions: false < partly < true, as numbers, so that `and` is the least and `or` the
 * greatest of them.
 *
 * *Partly* is the answer for a value that can be read in several ways which do not agree: a list of
 * a safe and an unsafe command, a string where a number was asked for.
 *
 * @module
 */

/** {@link FALSE}, {@link PARTLY} or {@link TRUE}. */
export type Ternary = 0 | 1 | 2;

/** No reading of the value agrees. */
export const FALSE = 0;

/** Some reading of the value agrees, and some does not. */
export const PARTLY = 1;

/** Every reading of the value agrees. */
export const TRUE = 2;

/** The answer's word, as explanations show it. */
export type TernaryName = "false" | "partly" | "true";

const NAMES: readonly TernaryName[] = ["false", "partly", "true"];

/** The word for an answer. */
export function nameOf(answer: Ternary): TernaryName {
  return NAMES[answer]!;
}

/** The answer of a test that knows only yes and no. */
export function ternary(yes: boolean): Ternary {
  return yes ? TRUE : FALSE;
}

/** The answer of two readings of the same value. */
export function agree(one: Ternary, other: Ternary): Ternary {
  return one === other ? one : PARTLY;
}

/** `not`: what is partly so is partly not so. */
export function negate(answer: Ternary): Ternary {
  return (TRUE - answer) as Ternary;
}

/**
 * What another decision means for a call: looser, tighter, or by another rule.
 *
 * @module
 */

import { type Made, wordOf } from "./recorded_call.ts";

/** What differs. */
export type Difference = "same" | "looser" | "tighter" | "other";

/** A decision before and after. */
export interface Pair {
  readonly before: Made;
  readonly after: Made;
  /** What shadow rules would have done. */
  readonly shadowBefore: readonly string[];
  readonly shadowAfter: readonly string[];
}

const STRICTNESS: Readonly<Record<string, number>> = { allow: 0, ask: 1, rate_limit: 2, deny: 2 };

/** How strict a decision is; an unknown one is as strict as can be. */
export function strictness({ action }: Made): number {
  return STRICTNESS[action] ?? 2;
}

/** What differs between two decisions; a rule that is not known is no other. */
export function differenceOf({ before, after }: Pick<Pair, "before" | "after">): Difference {
  const step = strictness(after) - strictness(before);
  if (step !== 0) return step < 0 ? "looser" : "tighter";
  if (before.action !== after.action) return "other";
  return before.rule === null || before.rule === after.rule ? "same" : "other";
}

/** Worst first. */
const BY_WEIGHT: readonly Difference[] = ["looser", "tighter", "other", "same"];

/** The pair that weighs most. */
export function worstOf(pairs: readonly Pair[]): Pair {
  const weight = (pair: Pair) => BY_WEIGHT.indexOf(differenceOf(pair));
  return pairs.reduce((worst, pair) => weight(pair) < weight(worst) ? pair : worst);
}

/** Whether shadow rules would have done something else, to a call that is decided alike. */
export function differsInShadow({ before, after, shadowBefore, shadowAfter }: Pair): boolean {
  return before.action === after.action && shadowBefore.join() !== shadowAfter.join();
}

/** Tells pairs apart. */
export function keyOfPair({ before, after, shadowBefore, shadowAfter }: Pair): string {
  return JSON.stringify([wordOf(before), wordOf(after), shadowBefore, shadowAfter]);
}

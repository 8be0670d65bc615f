/**
 * What is said of a call that was decided again: one difference, and whether it is certain.
 *
 * @module
 */

import {
  type Difference,
  differenceOf,
  differsInShadow,
  keyOfPair,
  type Pair,
  strictness,
  worstOf,
} from "./comparison.ts";
import { isOld, type Made, type RecordedRow } from "./recorded_call.ts";

/** A call that a policy was asked about, decided again. */
export interface ReplayedCall {
  readonly row: RecordedRow;
  readonly before: Made;
  /** Where several decisions are possible, the one that weighs most. */
  readonly after: Made;
  readonly difference: Difference;
  /** What shadow rules did, and would do now; null for no difference. */
  readonly shadow: { readonly before: readonly string[]; readonly after: readonly string[] } | null;
  /** Whether that is certain. */
  readonly isExact: boolean;
  /** What nobody knows, in words; none where it is certain. */
  readonly unknown: readonly string[];
}

/** Decisions that are possible, and what they are worth. */
export interface Possible {
  readonly pairs: readonly Pair[];
  /** One of them that is likely; null for none. */
  readonly likely: Pair | null;
  /** Whether there can be no others. */
  readonly isAll: boolean;
  /** What nobody knows, in words. */
  readonly unknown: readonly string[];
  /** Whether the policies of then decided, so that the same is likelier than anything else. */
  readonly isOwn: boolean;
  /** Whether parts of the policy of then are not what they were. */
  readonly isMasked: boolean;
}

/** Judges what is possible by its worst. */
export function judged(
  row: RecordedRow,
  { pairs, likely, isAll, unknown, isOwn, isMasked }: Possible,
): ReplayedCall {
  const own = isOwn ? pairs.find((pair) => differenceOf(pair) === "same") : undefined;
  // Nothing that may be looser is passed over for what is likely.
  const heaviest = own ?? worstOf(pairs);
  const isLikely = own === undefined && differenceOf(heaviest) !== "looser";
  const worst = isLikely && likely !== null ? likely : heaviest;
  let difference = differenceOf(worst), { before, after } = worst;
  // More is unknown than could be tried: what was refused may pass.
  if (!isAll && own === undefined && difference !== "looser" && strictness(before) > 0) {
    difference = "looser";
    after = PASSING;
  }
  const shadowed = isOwn && pairs.some((pair) => !differsInShadow(pair))
    ? undefined
    : pairs.find(differsInShadow);
  const isAlike = new Set(pairs.map(keyOfPair)).size === 1 ||
    pairs.every((pair) => differenceOf(pair) === "same" && !differsInShadow(pair));
  const isDoubtful = difference !== "same" && (isOld(row) || isMasked);
  const isExact = isAll && isAlike && !isDoubtful;
  const reasons = [...unknown];
  if (difference !== "same" && isOld(row)) reasons.push("it was recorded before facts were");
  if (isMasked) reasons.push("parts of the policy of then are masked");
  return {
    ...{ row, before, after, difference, isExact },
    shadow: shadowed === undefined
      ? null
      : { before: shadowed.shadowBefore, after: shadowed.shadowAfter },
    unknown: isExact ? [] : reasons,
  };
}

/** Judges a call that cannot be decided again: what was refused may pass. */
export function unknowable(
  row: RecordedRow,
  before: Made,
  why: string,
  isOwn: boolean,
): ReplayedCall {
  const isLooser = !isOwn && strictness(before) > 0;
  return {
    ...{ row, before, shadow: null, isExact: false, unknown: [why] },
    after: isLooser ? PASSING : before,
    difference: isLooser ? "looser" : "same",
  };
}

/** Let through, by a rule that nobody knows. */
const PASSING: Made = Object.freeze({ action: "allow", rule: null });

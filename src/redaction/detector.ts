/**
 * The form of a detector.
 *
 * @module
 */

import type { Surroundings } from "./checks.ts";

/** One detector. */
export interface Detector {
  readonly pattern: string;
  /** Every match has one of these in it: a text without them is not searched. */
  readonly needs: readonly string[];
  /**
   * Whether a match may begin with nearly any letter. Such patterns are searched each by itself: with
   * others in one set, they would make it slow.
   */
  readonly isAnywhere?: boolean;
  /** Text that the pattern takes in before and behind the secret, to be left standing. */
  readonly lead?: RegExp;
  readonly trail?: RegExp;
  /** Whether this match is one: a checksum, say. */
  readonly check?: (match: string, around: Surroundings) => boolean;
  /** Whether a part of the match, from word to word, may pass the check where the whole does not. */
  readonly parts?: boolean;
}

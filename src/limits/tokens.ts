/**
 * The port of a limit: whoever may call takes a token, wherever the tokens are kept.
 *
 * @module
 */

/**
 * Answer to whoever takes a token: undefined when it was taken; else the milliseconds until there is
 * one, or `unknown` for one that is being asked for, or `outage` for nobody who could be asked.
 */
export type Take = undefined | number | "unknown" | "outage";

/** The tokens of one limit. */
export interface Tokens {
  /** @param now Monotonic milliseconds. */
  take(now: number): Take;
  /** Puts back a token whose call was not made after all. */
  giveBack(): void;
  /** Calls once when what was `unknown` is known: then take again. */
  whenKnown(resume: () => void): void;
}

/** Milliseconds that an agent is told to wait where nobody knows. */
export const OUTAGE_WAIT_MS = 1000;

/** Words for a refusal while nobody can be asked. */
export const OUTAGE_WORDS = "the store of the limits of all gateways cannot be reached, and " +
  "on_outage is deny";

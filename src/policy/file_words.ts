/**
 * Words that a policy file may hold, and bounds of its numbers: the readers and the schema ask here.
 *
 * @module
 */

/** What a rule does. */
export const ACTIONS = ["allow", "deny", "redact", "rate_limit"] as const;

/** What becomes of calls that no rule decides. */
export const DEFAULTS = ["allow", "deny"] as const;

/** What a test expects. */
export const EXPECTATIONS = ["allow", "deny", "rate_limit"] as const;

/** Whether a rule acts, or only records what it would have done. */
export const MODES = ["enforce", "shadow"] as const;

/** Where a redact rule looks. */
export const REDACTED_SIDES = ["both", "arguments", "result"] as const;

/** What becomes of a number that a redact rule matches. */
export const NUMBER_TREATMENTS = ["zero", "refuse", "pass"] as const;

/** Bounds of numbers. */
export const RANGES = Object.freeze({
  maxCalls: { min: 1, max: 1_000_000_000 },
  windowSeconds: { min: 1, max: 31_536_000 },
  testCalls: { min: 1, max: 100_000 },
});

/** Names and bounds of the lists of one file. */
export const LISTS = Object.freeze({ name: /^[a-z_]+$/, count: 64, items: 1000 });

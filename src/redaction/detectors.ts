/**
 * Built-in detectors: the looks of secrets and personal data.
 *
 * Patterns are Rust's dialect; `(?-u:\b)` is a word boundary that stays fast on any text. A detector
 * with a `check` redacts only what passes it.
 *
 * @module
 */

import { isAddress, isCardNumber, isIban, isSocialSecurityNumber } from "./checks.ts";
import type { Detector } from "./detector.ts";
import { SEQUENCE, WRITTEN } from "./escapes.ts";
import { SECRETS } from "./secrets.ts";

const B = "(?-u:\\b)";

/** A number may stand behind an escape, whose last letter is no part of it. */
const ESCAPE = `(?:${SEQUENCE}|${WRITTEN})`;
const lead = new RegExp(`^${ESCAPE}`);

/** Makes the detector of a number, or of what looks like one. */
function number(pattern: string, needs: readonly string[], check: Detector["check"]): Detector {
  return {
    pattern: `(?:${B}|${ESCAPE})(?:${pattern})${B}`,
    lead,
    isAnywhere: true,
    needs,
    check: check!,
  };
}

const PERSONAL: Readonly<Record<string, Detector>> = {
  "email": {
    pattern:
      "[A-Za-z0-9._%+\\-]{1,64}@[A-Za-z0-9\\-]{1,63}(?:\\.[A-Za-z0-9\\-]{1,63})*\\.[A-Za-z]{2,24}",
    needs: ["@"],
    isAnywhere: true,
    check: isAddress,
  },
  // As cards are printed: in one piece, by fours, or as American Express and Diners do.
  "credit-card": number(
    "[0-9]{14,18}|[0-9]{4}(?:[ \\-][0-9]{4}){3}|[0-9]{4}[ \\-][0-9]{6}[ \\-][0-9]{4,5}",
    [],
    isCardNumber,
  ),
  "us-ssn": number("[0-9]{3}-[0-9]{2}-[0-9]{4}", ["-"], isSocialSecurityNumber),
  "iban": {
    ...number("[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?", [], isIban),
    parts: true,
  },
};

/** The detectors by name. */
export const DETECTORS: Readonly<Record<string, Detector>> = Object.freeze({
  ...SECRETS,
  ...PERSONAL,
});

/** Names that stand for several detectors. */
export const DETECTOR_GROUPS: Readonly<Record<string, readonly string[]>> = Object.freeze({
  secrets: Object.keys(SECRETS),
  pii: Object.keys(PERSONAL),
});

/** All words that `detect` takes. */
export const DETECTOR_NAMES: readonly string[] = Object.freeze([
  ...Object.keys(DETECTORS),
  ...Object.keys(DETECTOR_GROUPS),
]);

/**
 * Looks up the detectors that a rule's `detect` means.
 *
 * @param names Words of {@link DETECTOR_NAMES}.
 * @returns Each detector once, in the order of the words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(detectorsOf(["email", "pii"]).length, detectorsOf(["pii"]).length);
 * ```
 */
export function detectorsOf(names: readonly string[]): readonly Detector[] {
  const all = names.flatMap((name) => DETECTOR_GROUPS[name] ?? [name]);
  return [...new Set(all)].map((name) => DETECTORS[name]!);
}

/**
 * Built-in detectors: the looks of secrets and personal data.
 *
 * Patterns are Rust's dialect; `(?-u:\b)` is a word boundary that stays fast on any text. A detector
 * with a `check` redacts only what passes it.
 *
 * @module
 */

/** One detector. */
export interface Detector {
  readonly pattern: string;
  /** Every match has one of these in it: a text without them is not searched. */
  readonly needs: readonly string[];
  /** Text that the pattern takes in before and behind the secret, to be left standing. */
  readonly lead?: RegExp;
  readonly trail?: RegExp;
  /** Whether this match is one: a checksum, say. */
  readonly check?: (match: string) => boolean;
  /** Whether a part of the match, from word to word, may pass the check where the whole does not. */
  readonly parts?: boolean;
}

const B = "(?-u:\\b)";

/** Text that a token may stand behind: no letter or digit, or an escape of JSON or of a URL. */
const LEAD = "(?:^|[^A-Za-z0-9]|\\\\[bfnrt]|\\\\u[0-9a-fA-F]{4}|%[0-9A-Fa-f]{2})";
const lead = /^(?:\\[bfnrt]|\\u[0-9a-fA-F]{4}|%[0-9A-Fa-f]{2}|[^A-Za-z0-9])/;

/** Makes the detector of a token that begins like no word does. */
const token = (pattern: string, ...needs: string[]): Detector => ({
  pattern: `${LEAD}${pattern}`,
  lead,
  needs,
});

const SECRETS: Readonly<Record<string, Detector>> = {
  "aws-access-key": token(
    `(?:AKIA|ASIA|AIDA|AROA|ABIA|ACCA)[A-Z0-9]{16}${B}`,
    ...["AKIA", "ASIA", "AIDA", "AROA", "ABIA", "ACCA"],
  ),
  "aws-secret-key": {
    pattern: "(?:^|[^A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?:$|[^A-Za-z0-9/+])",
    lead: /^[^A-Za-z0-9/+]/,
    trail: /[^A-Za-z0-9/+]$/,
    check: isRandomText,
    needs: [],
  },
  "github-token": token("(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{22,255})", "_"),
  "gitlab-token": token(
    "gl(?:pat|dt|rt|ptt|oas|cbt|ft|soat|agent|imt|ffct)-[A-Za-z0-9_\\-]{20,}",
    "gl",
  ),
  "slack-token": token("(?:xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})", "xox", "xapp-"),
  "openai-key": token("sk-[A-Za-z0-9_\\-]{20,}", "sk-"),
  "anthropic-key": token("sk-ant-[A-Za-z0-9_\\-]{20,}", "sk-ant-"),
  "google-api-key": token("AIza[A-Za-z0-9_\\-]{35}", "AIza"),
  "stripe-key": token(
    "(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,})",
    ...["_live_", "_test_", "whsec_"],
  ),
  "npm-token": token(`npm_[A-Za-z0-9]{36}${B}`, "npm_"),
  // A key that was cut off is redacted to the end of the text.
  "private-key": {
    pattern: "-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?s:.)*?" +
      "(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|$)",
    needs: ["PRIVATE KEY"],
  },
  "jwt": token("eyJ[A-Za-z0-9_\\-]{8,}\\.eyJ[A-Za-z0-9_\\-]{8,}\\.[A-Za-z0-9_\\-]{8,}", "eyJ"),
  "basic-auth-url": {
    pattern: "[A-Za-z][A-Za-z0-9+.\\-]{1,20}://[^\\s/:@]{1,256}:[^\\s/]{1,256}@",
    needs: ["://"],
  },
};

const PERSONAL: Readonly<Record<string, Detector>> = {
  "email": {
    pattern:
      "[A-Za-z0-9._%+\\-]{1,64}@[A-Za-z0-9\\-]{1,63}(?:\\.[A-Za-z0-9\\-]{1,63})*\\.[A-Za-z]{2,24}",
    needs: ["@"],
  },
  "credit-card": {
    pattern: `${B}(?:[0-9][ \\-]?){12,18}[0-9]${B}`,
    check: passesLuhn,
    needs: [],
    parts: true,
  },
  "us-ssn": {
    pattern: `${B}[0-9]{3}-[0-9]{2}-[0-9]{4}${B}`,
    check: isSocialSecurityNumber,
    needs: ["-"],
  },
  "iban": {
    pattern: `${B}[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?${B}`,
    check: passesMod97,
    needs: [],
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

/** Luhn's checksum, and not one digit repeated (ISO/IEC 7812-1, annex B). */
function passesLuhn(match: string): boolean {
  const digits = match.replace(/[ -]/g, "");
  if (digits.length < 13 || digits.length > 19) return false;
  if (/^(.)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never given out. */
function isSocialSecurityNumber(match: string): boolean {
  const [area, group, serial] = match.split("-");
  return area !== "000" && area !== "666" && area![0] !== "9" && group !== "00" &&
    serial !== "0000";
}

/** The checksum of an IBAN (ISO 13616-1, ISO/IEC 7064 MOD 97-10). */
function passesMod97(match: string): boolean {
  const iban = match.replaceAll(" ", "");
  if (iban.length < 15 || iban.length > 34) return false;
  let rest = 0;
  for (const c of iban.slice(4) + iban.slice(0, 4)) {
    for (const digit of String(parseInt(c, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** Upper and lower case, digits, and too varied to be words or hexadecimal. */
function isRandomText(match: string): boolean {
  if (!/[A-Z]/.test(match) || !/[a-z]/.test(match) || !/[0-9]/.test(match)) return false;
  return new Set(match).size >= 20;
}

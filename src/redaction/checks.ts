/**
 * Checks of what a detector's pattern has found: patterns say how it looks, these whether it is one.
 *
 * @module
 */

import { SEQUENCE } from "./escapes.ts";

/** What stands before and behind a match, as far as it says something of it. */
export interface Surroundings {
  /** The text before it, on whatever line, preceded by the key of a member of JSON. */
  readonly before: string;
  readonly after: string;
}

/** Issuers' prefixes, with the lengths that they use (ISO/IEC 7812; the issuers' own lists). */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [16]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:6011|64[4-9]|65)/, [16]],
  [/^(?:30[0-5]|3095|36|38|39)/, [14]],
  [/^35(?:2[89]|[3-8])/, [16]],
  [/^62/, [16, 17, 18]],
  [/^220[0-4]/, [16]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [16]],
];

/** Whether digits are the number of a card, as one is written. */
export function isCardNumber(match: string, { before, after }: Surroundings): boolean {
  const digits = match.replace(/[ -]/g, "");
  // Of a number with a point, or of a row of such groups, it is a part.
  if (/[.,]$/.test(before) && /\d[.,]$/.test(before) || /^[.,]\d/.test(after)) return false;
  const separators = new Set(match.match(/[ -]/g) ?? []);
  if (separators.size > 1) return false;
  const isRow = /(?:^|\D)\d{4}[ -]$/.test(before) || /^[ -]\d{4}(?!\d)/.test(after);
  if (separators.size === 1 && isRow) return false;
  if (/^(\d)\1*$/.test(digits)) return false;
  const isIssued = ISSUERS.some(([prefix, lengths]) =>
    prefix.test(digits) && lengths.includes(digits.length)
  );
  return isIssued && passesLuhn(digits);
}

/** Luhn's checksum (ISO/IEC 7812-1, annex B). */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Areas 000, 666 and 900 to 999, group 00 and serial 0000 were never given out. */
export function isSocialSecurityNumber(match: string): boolean {
  const [area, group, serial] = match.split("-");
  return area !== "000" && area !== "666" && area![0] !== "9" && group !== "00" &&
    serial !== "0000";
}

/** The checksum of an IBAN (ISO 13616-1, ISO/IEC 7064 MOD 97-10). */
export function isIban(match: string): boolean {
  const iban = match.replaceAll(" ", "");
  if (iban.length < 15 || iban.length > 34) return false;
  let rest = 0;
  for (const c of iban.slice(4) + iban.slice(0, 4)) {
    for (const digit of String(parseInt(c, 36))) rest = (rest * 10 + Number(digit)) % 97;
  }
  return rest === 1;
}

/** Ends of names of files and units, which no address has. */
const NO_DOMAINS = new Set(
  ("png jpg jpeg gif svg webp avif ico bmp pdf js mjs cjs jsx ts tsx mts css scss less html htm json " +
    "jsonc md mdx txt csv xml yml yaml toml lock ini cfg conf log sql py rb java kt cpp hpp php " +
    "service socket timer target mount slice scope device swap automount local localhost lan internal " +
    "func rc beta alpha dev0 zip tar gz whl exe dll so").split(" "),
);

/** Whether `name@host.tld` is somebody's address, and not a clone's, a unit's, a version's or a file's. */
export function isAddress(match: string, { before, after }: Surroundings): boolean {
  const host = match.slice(match.indexOf("@") + 1), end = host.slice(host.lastIndexOf(".") + 1);
  if (NO_DOMAINS.has(end.toLowerCase()) || /^\d+(?:\.\d+|x\.)/.test(host)) return false;
  // `git@host:path`, `ssh://git@host/path`: where a server is, and who logs in.
  if (/^:[\w~/.-]/.test(after) || /:\/\/(?:[^\s/@]*:)?$/.test(before)) return false;
  return !host.includes("..");
}

/** Whether a text is as mixed as a key is: upper and lower case and digits. */
export function isMixed(match: string): boolean {
  return /[A-Z]/.test(match) && /[a-z]/.test(match) && /[0-9]/.test(match);
}

/** Whether what follows `sk-` is a key: words with dashes have neither digits nor capitals among them. */
export function isDashedKey(match: string): boolean {
  const rest = match.replace(/^sk-(?:proj-|svcacct-|admin-|None-|ant-|or-v1-|lf-)?/, "");
  const isKnown = /^sk-(?:proj|svcacct|admin|None|ant|or-v1|lf)-/.test(match);
  const digits = rest.match(/[0-9]/g)?.length ?? 0;
  if (isKnown) return digits >= 2;
  return !rest.includes("-") && digits >= 2 && /[A-Za-z]/.test(rest);
}

const SEQUENCES_AT_END = new RegExp(`${SEQUENCE}+$`);

/** Whether 40 letters of base64 are a secret of AWS: alone, they are a hash like any other. */
export function isAwsSecret(match: string, { before, after }: Surroundings): boolean {
  if (!isMixed(match) || new Set(match).size < 20) return false;
  const name = before.replace(SEQUENCES_AT_END, "");
  const isNamed = /(?:aws|secret)[\w.-]*["'\]\s:=>,|-]*$/i.test(name) ||
    /secret[ _-]?(?:access[ _-]?)?key\W{1,5}$/i.test(name);
  return isNamed || /A(?:KIA|SIA)[A-Z0-9]{16}/.test(before.slice(-120) + " " + after.slice(0, 120));
}

/** Whether a password in an address is one, and not the place for it. */
export function isUrlPassword(match: string): boolean {
  const password = match.slice(match.indexOf(":", match.indexOf("://") + 3) + 1, -1);
  return !/^(?:[$%{<*]|\.{3}|x{3,}$|password$|passwd$|pass$|secret$|changeme$|token$|your[-_])/i
    .test(password);
}

/** Whether a value behind `Bearer` or a name is a token: a literal, and no word, name or place for one. */
export function isToken(match: string): boolean {
  const digits = match.match(/[0-9]/g)?.length ?? 0;
  return digits >= 3 && /[A-Za-z]/.test(match) && new Set(match).size >= 10;
}

/**
 * Redacting what is no string in JSON, so that the JSON stays JSON.
 *
 * @module
 */

import { KeptBack } from "../errors.ts";
import { spellingsOf } from "../wire/json_text.ts";
import type { Redaction } from "./redaction.ts";

/** What becomes of a JSON number that a rule matches: a string cannot stand in its place on the line. */
export type NumberTreatment = "zero" | "refuse" | "pass";

/** A rule that redacts. */
export interface Redacting {
  readonly id?: string;
  readonly redaction: Redaction;
  /** Undefined: refused on its way to the server, `0` on its way to the agent. */
  readonly numbers?: NumberTreatment | undefined;
}

/** Destination of a text: in a record, what a number becomes need not be a number. */
export type Destination = "server" | "agent" | "record";

/**
 * Redacts a number.
 *
 * @param isInText Whether it stands in JSON inside a string, where a string may take its place.
 * @returns What stands in its place; `raw` itself when no rule matches it, or it may pass.
 * @throws {KeptBack} when it is refused.
 */
export function redactNumber(
  raw: string,
  key: string,
  rules: readonly Redacting[],
  to: Destination,
  isInText: boolean,
): string {
  let spellings = spellingsOf(raw), by = raw;
  for (const { id, redaction, numbers } of rules) {
    const redacted = spellings.map((text) => redaction.redact(text, key));
    const changed = redacted.find((text, i) => text !== spellings[i]);
    if (changed === undefined) continue;
    const usual = isInText ? undefined : to === "server" ? "refuse" : "zero";
    const treatment = numbers ?? usual;
    if (to === "record" || isInText && (treatment === undefined || treatment === "pass")) {
      spellings = [changed];
      if (by !== "0") by = JSON.stringify(changed);
    } else if (treatment === "refuse") {
      throw new KeptBack(
        `a number in it is one that the policy redacts${
          id === undefined ? "" : `, by rule '${id}'`
        };` +
          " a number cannot be redacted: send it as a string, or leave it out",
        id,
      );
    } else if (treatment === "zero") by = "0";
  }
  return by;
}

/** A member of JSON whose value is a number, in any text. */
const NUMBER_MEMBER = /("\s*:\s*)(-?[0-9][-+.0-9eE]*)(?=\s*(?:[,}\]]|$))/g;

/** Redacts numbers behind keys in any text: JSON in lines, or between words, stays JSON. */
export function redactMembers(text: string, rules: readonly Redacting[], to: Destination): string {
  return text.replace(
    NUMBER_MEMBER,
    (_, before: string, raw: string) => before + redactNumber(raw, "", rules, to, true),
  );
}

/** Strings, numbers and words of a JSON text. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?[0-9][-+.0-9eE]*|true|false|null/g;

/**
 * Redacts whole strings and numbers of a JSON text where a match took in more than text, so that the
 * JSON stays JSON.
 *
 * @param redacted What became of `json`: whatever lies between its common start and end was matched.
 */
export function redactTokens(json: string, redacted: string, replacement: string): string {
  const most = Math.min(json.length, redacted.length);
  let start = 0, rest = 0;
  while (start < most && json[start] === redacted[start]) start++;
  while (rest < most - start && json.at(-1 - rest) === redacted.at(-1 - rest)) rest++;
  const end = json.length - rest;
  return json.replace(
    TOKENS,
    (token, at: number) =>
      at < end && at + token.length > start ? JSON.stringify(replacement) : token,
  );
}

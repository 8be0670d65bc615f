/**
 * Ids that some client or server takes for one another.
 *
 * @module
 */

import type { MessageId } from "../wire/message.ts";

/**
 * Gives one id for all that are taken for one another: a text that is a number, however it is spelled,
 * is that number. `Number` of JavaScript reads `" 1 "`, `"0x1"`, `"1e0"`; `int` of Python reads `"1_000"`
 * and the digits of every script.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(commonId(" 0x1 "), 1);
 * assert.equal(commonId("\u0661"), 1);
 * assert.equal(commonId("one"), "one");
 * ```
 */
export function commonId(id: MessageId): MessageId {
  if (typeof id === "number") return id;
  const digits = id.normalize("NFKC").trim()
    .replace(/\p{Nd}/gu, (digit) => String(digitOf(digit)))
    .replace(/(?<=\d)_(?=\d)/g, "");
  const number = digits === "" ? NaN : Number(digits);
  return Number.isFinite(number) ? number : id;
}

/** The value of a decimal digit: Unicode has them in runs of ten that begin with the zero. */
function digitOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return code - zero;
}

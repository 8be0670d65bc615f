/**
 * Names and ids in messages: short, plain, and the same to every reader.
 *
 * @module
 */

/** A JSON-RPC id as MCP allows it: a string, or an integer within ±(2^53 − 1). */
export type MessageId = string | number;

/** Bytes of JSON text that an id, a method and a tool's name may have, quotes included. */
export const MAX_NAME_BYTES = 1026;

/** Bytes up to which it pays to decode a text one by one. */
const MAX_SIMPLE_BYTES = 64;

/** Most digits of an integer within ±(2^53 − 1). */
const MAX_ID_DIGITS = 16;

// deno-lint-ignore no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\ufeff]/;

const text = new TextDecoder();

/** Folds a key as the most lenient decoder would: U+017F is an s, U+212A a k. */
export function fold(key: string): string {
  return key.toUpperCase().toLowerCase();
}

/** A text without what cannot be seen in it, and in its usual width. */
export function bare(text: string): string {
  return text.normalize("NFKC").replace(/[\p{C}\p{Z}]/gu, "");
}

/**
 * Reads the id at `[start, end)`.
 *
 * @returns The id, null for `null`, undefined when it is none.
 */
export function readId(
  bytes: Uint8Array,
  start: number,
  end: number,
): MessageId | null | undefined {
  const first = bytes[start]!;
  if (first === 0x22) return plainString(bytes, start, end);
  if (first === 0x6e) return null;
  if (first !== 0x2d && (first < 0x30 || first > 0x39)) return undefined;
  const digits = first === 0x2d ? start + 1 : start;
  if (end - digits > MAX_ID_DIGITS) return undefined;
  let value = 0;
  for (let i = digits; i < end; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  if (!Number.isSafeInteger(value)) return undefined;
  return first === 0x2d && value !== 0 ? -value : value;
}

/**
 * Reads the string at `[start, end)` as a name.
 *
 * @returns The decoded string; undefined when it is none, or holds what no name should.
 */
export function plainString(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (bytes[start] !== 0x22 || end - start > MAX_NAME_BYTES) return undefined;
  const simple = simpleText(bytes, start + 1, end - 1);
  if (simple !== undefined) return simple;
  const decoded = JSON.parse(text.decode(bytes.subarray(start, end)));
  return isPlainText(decoded) ? decoded : undefined;
}

/**
 * The inside of a JSON string where each byte of it is a character, without asking the runtime;
 * undefined where it is not, and for a long one.
 */
export function simpleText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > MAX_SIMPLE_BYTES) return undefined;
  let decoded = "";
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    if (c === 0x5c || c >= 0x7f) return undefined;
    decoded += String.fromCharCode(c);
  }
  return decoded;
}

/** Whether a decoded key is text that every reader takes for the same. */
export function isPlainText(key: string): boolean {
  return !UNPRINTABLE.test(key) && key.isWellFormed();
}

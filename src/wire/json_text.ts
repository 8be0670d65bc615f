/**
 * Reads JSON text in place. The text must be valid JSON, as the scanner has let it through.
 *
 * @module
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c, NEWLINE = 0x0a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

const decoder = new TextDecoder(), encoder = new TextEncoder();

/** One string of a JSON text, or one number. */
export interface JsonString {
  /** From its opening quote to past its closing one. */
  readonly start: number;
  readonly end: number;
  readonly isKey: boolean;
  readonly isNumber: boolean;
  /** Keys and list indices that lead to it; for a key, its own name is the last. Do not keep it. */
  readonly path: readonly (string | number)[];
  /** The string itself; a number as it is written. */
  readonly value: string;
}

/** Finds the end of the string that opens at `at`: past its closing quote. */
export function stringEnd(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  for (;; i++) {
    const c = bytes[i];
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i++;
  }
}

/** Whether a number begins with this byte. */
function isNumberStart(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39 || byte === 0x2d;
}

function numberEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at + 1;
  // Digits, and what stands between them: `+`, `-`, `.`, `E`, `e`.
  for (; i < end; i++) {
    const c = bytes[i]!;
    if (!isNumberStart(c) && c !== 0x2b && c !== 0x2e && c !== 0x45 && c !== 0x65) break;
  }
  return i;
}

/**
 * Ways to write the number that `raw` spells: as it is, and, where that has a point or an exponent, as
 * a reader would print it.
 */
export function spellingsOf(raw: string): readonly string[] {
  if (!/[.eE]/.test(raw)) return [raw];
  const printed = String(Number(raw));
  return printed === raw ? [raw] : [raw, printed];
}

/** Decodes the string between `start` and `end`, quotes included. */
function decodeString(bytes: Uint8Array, start: number, end: number): string {
  const raw = decoder.decode(bytes.subarray(start, end));
  return raw.includes("\\") ? JSON.parse(raw) : raw.slice(1, -1);
}

/**
 * Gives every string and number of the value at `[start, end)`, keys included, in order. Iterative: as
 * deep as the text is.
 *
 * @param onClose Called when an object has closed, with its depth; keys of depth n belong to it.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const bytes = new TextEncoder().encode('{"a":["b",{"c":1}]}');
 * const paths: string[] = [];
 * for (const { path } of scalarsOf(bytes, 0, bytes.length)) paths.push(path.join("."));
 * assert.deepEqual(paths, ["a", "a.0", "a.1.c", "a.1.c"]);
 * ```
 */
export function* scalarsOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  onClose: (depth: number) => void = () => {},
): Generator<JsonString> {
  const path: (string | number)[] = [];
  const inObject: boolean[] = [];
  let keyNext = false;
  for (let i = start; i < end;) {
    const c = bytes[i]!;
    if (c === QUOTE) {
      const after = stringEnd(bytes, i);
      const value = decodeString(bytes, i, after);
      if (keyNext) path[path.length - 1] = value;
      yield { start: i, end: after, isKey: keyNext, isNumber: false, path, value };
      keyNext = false;
      i = after;
      continue;
    }
    if (isNumberStart(c)) {
      const after = numberEnd(bytes, i, end);
      const value = decoder.decode(bytes.subarray(i, after));
      yield { start: i, end: after, isKey: false, isNumber: true, path, value };
      i = after;
      continue;
    }
    if (c === OPEN_OBJECT || c === OPEN_LIST) {
      inObject.push(c === OPEN_OBJECT);
      path.push(c === OPEN_OBJECT ? "" : 0);
      keyNext = c === OPEN_OBJECT;
    } else if (c === CLOSE_OBJECT || c === CLOSE_LIST) {
      if (inObject.pop()) onClose(path.length);
      path.pop();
      keyNext = false;
    } else if (c === COMMA) {
      keyNext = inObject.at(-1) === true;
      if (!keyNext) (path[path.length - 1] as number)++;
    }
    i++;
  }
}

/**
 * Finds a member of the object at `[start, end)`, by a name of ASCII without escapes.
 *
 * @returns The span of its value, the last one if there are several; undefined when there is none.
 */
export function memberOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
): { start: number; end: number } | undefined {
  let found: { start: number; end: number } | undefined;
  if (bytes[start] !== OPEN_OBJECT) return found;
  for (const member of elementsOf(bytes, start, end)) {
    const keyEnd = stringEnd(bytes, member.start);
    if (!isKey(bytes, member.start, keyEnd, name)) continue;
    let value = bytes.indexOf(COLON, keyEnd) + 1;
    while (bytes[value]! <= 0x20) value++;
    found = { start: value, end: member.end };
  }
  return found;
}

function isKey(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start - 2 === name.length) return name.every((c, i) => bytes[start + 1 + i] === c);
  return decodeString(bytes, start, end) === decoder.decode(name);
}

/**
 * Splits the list at `[start, end)` into its elements, or an object into its members.
 *
 * @returns Their spans, without the blanks around them.
 */
export function elementsOf(
  bytes: Uint8Array,
  start: number,
  end: number,
): { start: number; end: number }[] {
  const spans: { start: number; end: number }[] = [];
  let depth = 0, from = -1, last = -1;
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    if (c <= 0x20) continue;
    const closes = c === CLOSE_OBJECT || c === CLOSE_LIST;
    if (closes) depth--;
    if (depth === 0 && closes || depth === 1 && c === COMMA) {
      if (from >= 0) spans.push({ start: from, end: last });
      from = -1;
      continue;
    }
    if (depth >= 1 && from < 0) from = i;
    if (c === QUOTE) i = stringEnd(bytes, i) - 1;
    else if (c === OPEN_OBJECT || c === OPEN_LIST) depth++;
    last = i + 1;
  }
  return spans;
}

/**
 * Joins all strings and numbers at `[start, end)`, decoded, so that one search sees them all. A string with
 * backslashes left in it follows once more with those decoded, too: it may hold JSON in itself.
 *
 * @param insideOf Gives the text inside a string that may be more than text, by its key; see
 * {@link mayHold}.
 * @returns The strings and numbers, each between line feeds.
 */
export function joinedStrings(
  bytes: Uint8Array,
  start: number,
  end: number,
  insideOf: (key: string, value: string) => string = () => "",
): string {
  const out = new GrowingBytes(end - start + 64);
  let key = "";
  for (let i = start; i < end;) {
    if (bytes[i] !== QUOTE) {
      i = isNumberStart(bytes[i]!) ? addNumber(out, bytes, i, end) : i + 1;
      continue;
    }
    const after = stringEnd(bytes, i);
    let from = out.length;
    let escapesLeft = out.unescape(bytes, i + 1, after - 1);
    for (let level = 0; level < MAX_NESTED && escapesLeft; level++) {
      const copy = out.view(from, out.length).slice();
      out.push(NEWLINE);
      from = out.length;
      escapesLeft = out.unescape(copy, 0, copy.length);
    }
    out.push(NEWLINE);
    if (bytes[skipBlanks(bytes, after)] === COLON) key = decodeString(bytes, i, after);
    else if (mayHold(key, bytes, i, after)) {
      out.append(encoder.encode(insideOf(key, decodeString(bytes, i, after))));
      out.push(NEWLINE);
    }
    i = after;
  }
  return decoder.decode(out.view(0, out.length));
}

/** @returns The end of the number. */
function addNumber(out: GrowingBytes, bytes: Uint8Array, at: number, end: number): number {
  const after = numberEnd(bytes, at, end);
  const raw = bytes.subarray(at, after);
  out.append(raw);
  out.push(NEWLINE);
  if (!raw.some((c) => c === 0x2e || c === 0x45 || c === 0x65)) return after;
  for (const spelling of spellingsOf(decoder.decode(raw)).slice(1)) {
    out.append(encoder.encode(spelling));
    out.push(NEWLINE);
  }
  return after;
}

/** Letters of base64 in a row from which on a string may hold text in base64. */
const MIN_BASE64_RUN = 24;

/** 1 for the letters of base64 and base64url. */
const BASE64 = new Uint8Array(256);
for (const c of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
  BASE64[c.charCodeAt(0)] = 1;
}

/**
 * Whether a string is worth a look inside: it begins like JSON, its key says that it is base64, or a
 * part of it may be.
 */
function mayHold(key: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (key === "blob" || key === "data") return true;
  let i = start + 1;
  while (bytes[i] === 0x20) i++;
  const first = bytes[i];
  if (first === OPEN_OBJECT || first === OPEN_LIST || first === BACKSLASH) return true;
  for (let run = 0; i < end; i++) {
    const c = bytes[i]!;
    // An escape may stand for a letter of base64: `\\/`, `\\u0041`.
    run = BASE64[c] === 1 || c === BACKSLASH ? run + 1 : 0;
    if (run === MIN_BASE64_RUN) return true;
  }
  return false;
}

/** Skips white space: in a body, lines may end between a key and its colon. */
function skipBlanks(bytes: Uint8Array, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0a || bytes[at] === 0x0d) at++;
  return at;
}

/** Times that backslashes are decoded again. */
const MAX_NESTED = 3;

/** Character that the letter of a two-character escape stands for; 0 for `u` and what is none. */
const ESCAPED = new Uint8Array(256);
for (const [letter, meaning] of Object.entries({ b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  ESCAPED[letter.charCodeAt(0)] = meaning;
}
for (const same of '"\\/') ESCAPED[same.charCodeAt(0)] = same.charCodeAt(0);

class GrowingBytes {
  length = 0;
  #bytes: Uint8Array;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(from, to);
  }

  push(byte: number): void {
    this.#room(1);
    this.#bytes[this.length++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /**
   * Appends `bytes[from, to)` with JSON's escapes decoded; what is none stays as it is.
   *
   * @returns whether the result has backslashes of its own.
   */
  unescape(bytes: Uint8Array, from: number, to: number): boolean {
    this.#room(to - from + 4);
    const out = this.#bytes;
    let left = false, length = this.length;
    for (let i = from; i < to;) {
      const c = bytes[i]!;
      if (c !== BACKSLASH) {
        out[length++] = c;
        i++;
        continue;
      }
      left ||= bytes[i + 1] === BACKSLASH;
      const simple = ESCAPED[bytes[i + 1]!]!;
      if (simple !== 0 && i + 1 < to) {
        out[length++] = simple;
        i += 2;
      } else {
        this.length = length;
        i = this.#escape(bytes, i, to);
        length = this.length;
      }
    }
    this.length = length;
    return left;
  }

  /**
   * Appends the character that the escape at `at` stands for.
   *
   * @returns The end of the escape.
   */
  #escape(bytes: Uint8Array, at: number, to: number): number {
    const letter = bytes[at + 1];
    if (letter !== 0x75 || at + 6 > to) {
      if (at + 1 < to) this.#bytes[this.length++] = letter!;
      return at + 2;
    }
    let unit = parseInt(decoder.decode(bytes.subarray(at + 2, at + 6)), 16);
    let end = at + 6;
    if (Number.isNaN(unit)) unit = 0xfffd;
    if (unit >= 0xd800 && unit < 0xdc00 && bytes[end] === BACKSLASH && bytes[end + 1] === 0x75) {
      const low = parseInt(decoder.decode(bytes.subarray(end + 2, end + 6)), 16);
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00);
        end += 6;
      }
    }
    const { written } = encoder.encodeInto(
      String.fromCodePoint(unit),
      this.#bytes.subarray(this.length),
    );
    this.length += written;
    return end;
  }

  #room(bytes: number): void {
    if (this.length + bytes <= this.#bytes.length) return;
    const wider = new Uint8Array((this.length + bytes) * 2);
    wider.set(this.#bytes.subarray(0, this.length));
    this.#bytes = wider;
  }
}

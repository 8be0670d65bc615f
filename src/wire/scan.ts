/**
 * The strict JSON scanner: one pass over the bytes of a line, no recursion, nothing guessed.
 *
 * It accepts exactly the JSON texts of RFC 8259 that are valid UTF-8, at most {@link MAX_DEPTH} deep
 * and without a duplicate key in any object, and remembers where the members of a message lie, so
 * that what follows reads them in place.
 *
 * @module
 */

import { decodeKey, HASH_SEED, hashByte, KeyTable } from "./key_table.ts";
import type { Edit } from "./edits.ts";
import { PLAIN, StringRuns } from "./string_run.ts";
import { ValueRuns } from "./value_run.ts";

/** Deepest nesting that is read; the message's own object is level 1. */
export const MAX_DEPTH = 128;

/** Most messages of one batch. */
export const MAX_BATCH = 1000;

/** Reason for which a line was refused before its meaning was looked at. */
export type ScanError = {
  /** `syntax`: not JSON (−32700). `structure`: JSON, but not what we accept (−32600). */
  readonly kind: "syntax" | "structure";
  readonly reason: string;
  /** Offset of the first byte that does not fit, from the start of the line. */
  readonly at: number;
};

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20, TAB = 0x09;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;
const MINUS = 0x2d, PLUS = 0x2b, DOT = 0x2e, ZERO = 0x30, LOWER_U = 0x75;

/** Plain bytes, one after the other, after which a string is taken for a long one. */
const LONG_RUN = 256;

/** Bytes left of a line from which on its lists and objects are tried to be skipped at once. */
const LARGE_REST = 1024;

/** 1 for what may follow a backslash, `u` apart. */
const ESCAPED = new Uint8Array(256);
for (const c of '"\\/bfnrt') ESCAPED[c.charCodeAt(0)] = 1;

const HEX = new Uint8Array(256);
for (const c of "0123456789abcdefABCDEF") HEX[c.charCodeAt(0)] = 1;

/** 1 for white space between tokens (RFC 8259 §2): all of it, or what may stand inside a line. */
const BLANK_IN_BODY = new Uint8Array(256), BLANK_IN_LINE = new Uint8Array(256);
for (const c of [SPACE, TAB]) BLANK_IN_LINE[c] = 1;
for (const c of [SPACE, TAB, 0x0a, 0x0d]) BLANK_IN_BODY[c] = 1;

/** Numbers per member on the tape: level, key start, key end, key escaped, value start, value end. */
const STRIDE = 6;

/** The key of a member: its bytes between the quotes, and whether they have escapes. */
export interface MemberKey {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly keyEscaped: boolean;
}

/** One message of a line: its bytes and its members on the tape. */
export interface Element {
  readonly start: number;
  readonly end: number;
  /** First and past-last index on the tape. */
  readonly from: number;
  readonly to: number;
}

/**
 * Reads lines. One object reads any number of them, one at a time: what it says of a line holds until
 * the next.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const scanner = new Scanner();
 * const read = (line: string) => {
 *   const bytes = new TextEncoder().encode(line + "\n");
 *   return scanner.scan(bytes, 0, bytes.length - 1);
 * };
 * assert.equal(read('[{"id":1},{"id":2}]'), undefined);
 * assert.equal(scanner.elements.length, 2);
 * assert.deepEqual(read('{"id":1,"id":2}'), { kind: "structure", reason: "duplicate key", at: 8 });
 * ```
 */
export class Scanner {
  /** The messages of the line: one, or those of a batch. Complete only when {@link scan} succeeded. */
  readonly elements: Element[] = [];
  /** Whether the line was a list. */
  batch = false;
  /** Place of the first escape of a surrogate that has no other half; −1 for none. */
  loneSurrogateAt = -1;
  /** Parts to be replaced in the line when it is forwarded. */
  readonly edits: Edit[] = [];

  #bytes: Uint8Array = new Uint8Array(0);
  #blank = BLANK_IN_LINE;
  #tape = new Int32Array(STRIDE * 64);
  #taped = 0;
  readonly #keys = new KeyTable();
  readonly #runs = new StringRuns();
  readonly #values = new ValueRuns();
  readonly #largeRest: number;
  /** Per open container: 1 for an object; the key table's mark at its start; its member on the tape. */
  readonly #isObject = new Uint8Array(MAX_DEPTH + 1);
  readonly #marks = new Int32Array(MAX_DEPTH + 1);
  readonly #members = new Int32Array(MAX_DEPTH + 1);
  /** End of the last string or number, or the byte at which it stopped being one. */
  #stop = 0;
  #escaped = false;

  /** @param largeRest For tests: `Infinity` reads all byte by byte. */
  constructor(largeRest: number = LARGE_REST) {
    this.#largeRest = largeRest;
  }

  /** The bytes that the offsets of this line speak of. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Key of the member at `index` on the tape. */
  key(index: number): MemberKey {
    const at = index * STRIDE, tape = this.#tape;
    return { keyStart: tape[at + 1]!, keyEnd: tape[at + 2]!, keyEscaped: tape[at + 3]! === 1 };
  }

  /**
   * Finds a member in `[from, to)` of the tape by its level and (decoded) ASCII name. Stops at the next
   * member of a lower level, so that a search in one value stays in it.
   *
   * @returns The index of the first, or −1.
   */
  find(from: number, to: number, level: number, name: Uint8Array): number {
    const tape = this.#tape, bytes = this.#bytes, length = name.length;
    next: for (let index = from; index < to; index++) {
      const at = index * STRIDE;
      if (tape[at]! < level) return -1;
      if (tape[at]! > level) continue;
      const start = tape[at + 1]!, end = tape[at + 2]!;
      if (tape[at + 3]! === 1) {
        const key = decodeKey(bytes, start, end);
        if (key.length !== length) continue;
        for (let i = 0; i < length; i++) if (key.charCodeAt(i) !== name[i]) continue next;
        return index;
      }
      if (end - start !== length) continue;
      for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) continue next;
      return index;
    }
    return -1;
  }

  /** Level of the member at `index`: 1 in a message's own object, 2 in one of its values. */
  level(index: number): number {
    return this.#tape[index * STRIDE]!;
  }

  /** Start of the value of the member at `index`. */
  valueStart(index: number): number {
    return this.#tape[index * STRIDE + 4]!;
  }

  /** End (exclusive) of the value of the member at `index`. */
  valueEnd(index: number): number {
    return this.#tape[index * STRIDE + 5]!;
  }

  /**
   * Reads the text `bytes[start, end)`: a line, whose line end follows it or which ends its bytes.
   *
   * @param isMultiline Whether LF and CR are white space, as in the body of an HTTP request; in a line
   *   they are faults.
   * @returns The fault; undefined when it is one JSON value that may be a message or a batch of them.
   */
  scan(
    bytes: Uint8Array,
    start: number,
    end: number,
    isMultiline = false,
  ): ScanError | undefined {
    // What ends a line ends all that is read of it; after a body, only the end of the bytes does.
    this.#bytes = isMultiline ? bytes.subarray(0, end) : bytes;
    this.#blank = isMultiline ? BLANK_IN_BODY : BLANK_IN_LINE;
    this.#taped = 0;
    this.elements.length = 0;
    this.edits.length = 0;
    this.batch = false;
    this.loneSurrogateAt = -1;
    this.#values.clear();
    this.#keys.release(0);
    const error = this.#read(this.#bytes, start, end);
    this.#keys.release(0);
    return error;
  }

  #read(bytes: Uint8Array, start: number, end: number): ScanError | undefined {
    const keys = this.#keys, isObject = this.#isObject, marks = this.#marks;
    const members = this.#members, blank = this.#blank;
    const fail = (kind: ScanError["kind"], reason: string, at: number): ScanError => ({
      kind,
      reason,
      at: at - start,
    });
    let i = start, depth = 0;
    let c = bytes[i]!;
    while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
    if (i >= end) return fail("syntax", "empty", i);
    if (c !== OPEN_OBJECT && c !== OPEN_LIST) {
      return fail("syntax", "a message starts with { (or [ for a batch)", i);
    }
    /** Depth of a message's own members: 1, or 2 inside a batch. */
    const top = c === OPEN_LIST ? 2 : 1;
    this.batch = c === OPEN_LIST;
    let elementStart = i, elementTape = 0;

    value: for (;;) {
      // At the first byte of a value.
      if (c === QUOTE) {
        if (!this.#string(bytes, i)) return fail("syntax", this.#stringFault(end), this.#stop);
        i = this.#stop;
      } else if (depth === top + 1 && this.#large(bytes, i, end, depth)) {
        i = this.#stop;
      } else if (c === OPEN_OBJECT || c === OPEN_LIST) {
        if (depth === MAX_DEPTH) {
          return fail("structure", `nested deeper than ${MAX_DEPTH} levels`, i);
        }
        const object = c === OPEN_OBJECT;
        depth++;
        isObject[depth] = object ? 1 : 0;
        marks[depth] = keys.mark;
        members[depth] = -1;
        if (depth === top) {
          elementStart = i;
          elementTape = this.#taped;
          if (this.batch && !object) return fail("structure", "a batch inside a batch", i);
        }
        c = bytes[++i]!;
        while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
        if (c === (object ? CLOSE_OBJECT : CLOSE_LIST)) {
          if (depth === 1 && !object) return fail("structure", "an empty batch", i);
          // Falls through to the closing below.
        } else if (object) {
          const error = this.#key(bytes, i, end, depth, top);
          if (error !== undefined) return fail(error[0], error[1], this.#stop);
          i = this.#stop;
          c = bytes[i]!;
          continue value;
        } else {
          if (depth === 1 && c !== OPEN_OBJECT && c !== OPEN_LIST) {
            return fail("structure", "a batch holds something other than messages", i);
          }
          continue value;
        }
      } else if (c === MINUS || (c >= ZERO && c <= 0x39)) {
        if (!this.#number(bytes, i)) return fail("syntax", "not a JSON number", this.#stop);
        i = this.#stop;
      } else {
        const length = literalLength(bytes, i);
        if (length === 0) {
          return i >= end
            ? fail("syntax", "ends too early", i)
            : fail("syntax", "not a JSON value", i);
        }
        i += length;
      }

      // After a value, or at the close of an empty container: close what closes, then go on.
      for (;;) {
        c = bytes[i]!;
        while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
        if (isObject[depth] === 1) {
          const member = members[depth]!;
          if (member >= 0 && (c === COMMA || c === CLOSE_OBJECT)) {
            this.#tape[member * STRIDE + 5] = lastByte(bytes, i);
            members[depth] = -1;
          }
          if (c === COMMA) {
            c = bytes[++i]!;
            while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
            const error = this.#key(bytes, i, end, depth, top);
            if (error !== undefined) return fail(error[0], error[1], this.#stop);
            i = this.#stop;
            c = bytes[i]!;
            continue value;
          }
          if (c !== CLOSE_OBJECT || i >= end) return fail("syntax", expected(i, end, "}"), i);
          keys.release(marks[depth]!);
        } else {
          if (c === COMMA) {
            c = bytes[++i]!;
            while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
            if (depth === 1 && c !== OPEN_OBJECT && c !== OPEN_LIST && c !== CLOSE_LIST) {
              return fail("structure", "a batch holds something other than messages", i);
            }
            continue value;
          }
          if (c !== CLOSE_LIST || i >= end) return fail("syntax", expected(i, end, "]"), i);
        }
        i++;
        if (depth === top) {
          if (this.elements.length === MAX_BATCH) {
            return fail("structure", `a batch of more than ${MAX_BATCH} messages`, elementStart);
          }
          this.elements.push({ start: elementStart, end: i, from: elementTape, to: this.#taped });
        }
        if (--depth > 0) continue;
        c = bytes[i]!;
        while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
        return i === end ? undefined : fail("syntax", "something follows the message", i);
      }
    }
  }

  /** Reads `"key" :` and the blanks after it; leaves {@link #stop} at the value. */
  #key(
    bytes: Uint8Array,
    at: number,
    end: number,
    depth: number,
    top: number,
  ): [ScanError["kind"], string] | undefined {
    if (bytes[at] !== QUOTE) {
      this.#stop = at;
      return ["syntax", at >= end ? "ends too early" : "expected a key in quotes"];
    }
    const start = at + 1, base = this.#marks[depth]!;
    let stop = start, hash = HASH_SEED, escaped = false, fresh: boolean;
    for (let c = bytes[stop]!; PLAIN[c] === 1; c = bytes[++stop]!) hash = hashByte(hash, c);
    if (bytes[stop] === QUOTE) fresh = this.#keys.addHashed(bytes, start, stop, hash, base);
    else {
      if (!this.#string(bytes, at)) return ["syntax", this.#stringFault(end)];
      stop = this.#stop - 1;
      escaped = this.#escaped;
      fresh = this.#keys.add(bytes, start, stop, escaped, base);
    }
    if (!fresh) {
      this.#stop = at;
      return ["structure", "duplicate key"];
    }
    const blank = this.#blank;
    let i = stop + 1;
    let c = bytes[i]!;
    while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
    if (c !== COLON || i >= end) {
      this.#stop = i;
      return ["syntax", expected(i, end, ":")];
    }
    c = bytes[++i]!;
    while (c <= SPACE && blank[c] === 1) c = bytes[++i]!;
    this.#stop = i;
    if (depth >= top && depth <= top + 1) {
      this.#members[depth] = this.#taped;
      this.#record(depth - top + 1, start, stop, escaped, i);
    }
    return undefined;
  }

  #record(level: number, start: number, end: number, escaped: boolean, value: number): void {
    let at = this.#taped * STRIDE;
    if (at + STRIDE > this.#tape.length) {
      const wider = new Int32Array(this.#tape.length * 2);
      wider.set(this.#tape);
      this.#tape = wider;
    } else if (at === 0 && this.#tape.length > STRIDE * 65_536) {
      this.#tape = new Int32Array(STRIDE * 64);
    }
    const tape = this.#tape;
    tape[at++] = level;
    tape[at++] = start;
    tape[at++] = end;
    tape[at++] = escaped ? 1 : 0;
    tape[at] = value;
    this.#taped++;
  }

  /**
   * Skips the list or object at `at`, of which nothing has to be remembered, when there is much left to
   * read; leaves {@link #stop} behind it.
   */
  #large(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
    if (end - at < this.#largeRest) return false;
    if (bytes[at] !== OPEN_OBJECT && bytes[at] !== OPEN_LIST) return false;
    const isMultiline = this.#blank === BLANK_IN_BODY;
    const behind = this.#values.skip(bytes, at, end, MAX_DEPTH - depth, isMultiline);
    if (behind < 0) return false;
    this.#stop = behind;
    return true;
  }

  /** Reads the string whose quote is at `at`; leaves {@link #stop} behind it, or at its fault. */
  #string(bytes: Uint8Array, at: number): boolean {
    let i = at + 1;
    let escaped = false;
    // Bytes that are looked at one by one, before many are skipped at once.
    let long = i + LONG_RUN;
    for (;;) {
      let c = bytes[i]!;
      while (PLAIN[c] === 1 && i < long) c = bytes[++i]!;
      if (i >= long) {
        i = this.#runs.skip(bytes, i);
        escaped ||= this.#runs.hasEscape;
        long = i + LONG_RUN;
        continue;
      }
      if (c === QUOTE) {
        this.#stop = i + 1;
        this.#escaped = escaped;
        return true;
      }
      if (c === BACKSLASH) {
        escaped = true;
        const next = bytes[i + 1]!;
        if (ESCAPED[next] === 1) {
          i += 2;
          continue;
        }
        if (
          next === LOWER_U && HEX[bytes[i + 2]!] === 1 && HEX[bytes[i + 3]!] === 1 &&
          HEX[bytes[i + 4]!] === 1 && HEX[bytes[i + 5]!] === 1
        ) {
          const length = escapeLength(bytes, i);
          if (length === 0 && this.loneSurrogateAt < 0) this.loneSurrogateAt = i;
          i += length || 6;
          continue;
        }
      } else if (c >= 0x80) {
        const length = utf8Length(bytes, i, c);
        if (length > 0) {
          i += length;
          continue;
        }
      }
      this.#stop = i;
      return false;
    }
  }

  /** Names the fault of the string that stopped at {@link #stop}. */
  #stringFault(end: number): string {
    if (this.#stop >= end) return "ends inside a string";
    const c = this.#bytes[this.#stop]!;
    if (c === BACKSLASH) return "not a JSON escape";
    return c >= 0x80 ? NOT_UTF8 : "a control character inside a string";
  }

  /** Reads the number at `at`; leaves {@link #stop} behind it, or at its fault. */
  #number(bytes: Uint8Array, at: number): boolean {
    let i = at;
    let c = bytes[i]!;
    if (c === MINUS) c = bytes[++i]!;
    if (c === ZERO) {
      c = bytes[++i]!;
    } else {
      const first = i;
      while (c >= ZERO && c <= 0x39) c = bytes[++i]!;
      if (i === first) return this.#stopAt(i);
    }
    if (c === DOT) {
      c = bytes[++i]!;
      const first = i;
      while (c >= ZERO && c <= 0x39) c = bytes[++i]!;
      if (i === first) return this.#stopAt(i);
    }
    if (c === 0x65 || c === 0x45) {
      c = bytes[++i]!;
      if (c === PLUS || c === MINUS) c = bytes[++i]!;
      const first = i;
      while (c >= ZERO && c <= 0x39) c = bytes[++i]!;
      if (i === first) return this.#stopAt(i);
    }
    this.#stop = i;
    return true;
  }

  #stopAt(i: number): false {
    this.#stop = i;
    return false;
  }
}

/** Past the last byte of the value before `i`: blanks do not belong to it. */
function lastByte(bytes: Uint8Array, i: number): number {
  while (bytes[i - 1]! <= SPACE) i--;
  return i;
}

function expected(at: number, end: number, closing: string): string {
  if (at >= end) return "ends too early";
  return closing === ":" ? "expected : after the key" : `expected , or ${closing}`;
}

/** Length of `true`, `false` or `null` at `i`, or 0. */
function literalLength(b: Uint8Array, i: number): number {
  if (b[i] === 0x74) {
    return b[i + 1] === 0x72 && b[i + 2] === 0x75 && b[i + 3] === 0x65 ? 4 : 0;
  }
  if (b[i] === 0x6e) {
    return b[i + 1] === 0x75 && b[i + 2] === 0x6c && b[i + 3] === 0x6c ? 4 : 0;
  }
  if (b[i] === 0x66) {
    return b[i + 1] === 0x61 && b[i + 2] === 0x6c && b[i + 3] === 0x73 && b[i + 4] === 0x65 ? 5 : 0;
  }
  return 0;
}

/** Length of the escape `\u…` at `i`: of a pair, 12; of a surrogate that has no other half, 0. */
function escapeLength(b: Uint8Array, i: number): 0 | 6 | 12 {
  const isD = (b[i + 2]! | 0x20) === 0x64, third = b[i + 3]! | 0x20;
  // D800 to DFFF begin with a D and one of 8 to F.
  if (!isD || third < 0x38) return 6;
  const isHigh = third === 0x38 || third === 0x39 || third === 0x61 || third === 0x62;
  if (!isHigh || b[i + 6] !== BACKSLASH || b[i + 7] !== LOWER_U) return 0;
  const low = b[i + 9]! | 0x20;
  const isLow = (b[i + 8]! | 0x20) === 0x64 && low >= 0x63 && low <= 0x66 &&
    HEX[b[i + 10]!] === 1 && HEX[b[i + 11]!] === 1;
  return isLow ? 12 : 0;
}

/** Reason of a text whose bytes are none. */
export const NOT_UTF8 = "not valid UTF-8";

/** Length of the well-formed UTF-8 sequence with lead byte `c` at `i`, or 0 (RFC 3629 §4). */
function utf8Length(b: Uint8Array, i: number, c: number): number {
  const second = b[i + 1]!;
  if (c < 0xc2 || (second & 0xc0) !== 0x80) return 0;
  if (c < 0xe0) return 2;
  if ((b[i + 2]! & 0xc0) !== 0x80) return 0;
  if (c < 0xf0) {
    if (c === 0xe0 && second < 0xa0) return 0; // overlong
    if (c === 0xed && second > 0x9f) return 0; // a surrogate
    return 3;
  }
  if (c > 0xf4 || (b[i + 3]! & 0xc0) !== 0x80) return 0;
  if (c === 0xf0 && second < 0x90) return 0; // overlong
  if (c === 0xf4 && second > 0x8f) return 0; // past U+10FFFF
  return 4;
}

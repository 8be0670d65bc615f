/**
 * Regular expressions of Go (RE2), as Rust's `regex` writes them.
 *
 * Both take linear time and differ in spelling: Go's classes (`\w`) know ASCII only, its braces that
 * repeat nothing stand for themselves, and so do `[`, `&&` and `--` within a class (Go, package
 * `regexp/syntax`).
 *
 * @module
 */

import type { PatternError } from "../expr/checker.ts";

/** A pattern in Rust's dialect, which knows where it comes from. */
export interface Translation {
  readonly source: string;
  /** How many groups the pattern has, as it was written. */
  readonly groups: number;
  /** The place of a fault, in the pattern as it was written. */
  readonly placed: (fault: PatternError) => PatternError;
}

/** Members of the classes that Go spells with a small letter. */
const CLASSES: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r ",
};

const GROUP = /\((?:\?P?<[A-Za-z0-9_]+>|(?!\?))/y;
/** A repetition; any other brace stands for itself. */
const REPETITION = /\{[0-9]+(?:,[0-9]*)?\}/y;
const NAMED_CLASS = /\[:\^?[a-z]+:\]/y;
const HEX = /\\x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})/y;
const UNICODE_CLASS = /\\[pP](?:\{[^}]*\}|.)/y;
/** One digit alone, other than zero, would be a reference to a group. */
const OCTAL = /\\(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/y;

/**
 * Translates a pattern.
 *
 * @param onlyGroup The one group that stays one; without it, or when it is 0, all do.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(fromGo("a{x}[[a]\\d").source, "a\\{x}[\\[a][0-9]");
 * ```
 */
export function fromGo(pattern: string, onlyGroup = 0): Translation {
  const { source, places, groups } = new Translator(pattern, onlyGroup);
  const placeOf = (offset: number) => places[offset] ?? pattern.length;
  return {
    source,
    groups,
    placed: ({ message, offset, length }) => {
      const start = placeOf(offset);
      return { message, offset: start, length: Math.max(0, placeOf(offset + length) - start) };
    },
  };
}

/** Reads a pattern from the left; what is no pattern is passed on, for the engine to refuse. */
class Translator {
  source = "";
  /** For each code unit of `source`, where it comes from. */
  readonly places: number[] = [];
  groups = 0;
  readonly #pattern: string;
  readonly #onlyGroup: number;
  #at = 0;

  constructor(pattern: string, onlyGroup: number) {
    this.#pattern = pattern;
    this.#onlyGroup = onlyGroup;
    while (this.#at < pattern.length) this.#next();
  }

  #next(): void {
    const c = this.#pattern[this.#at]!;
    if (c === "[") return this.#class();
    if (c === "{") {
      const repetition = this.#taken(REPETITION);
      return this.#emit(repetition ?? "\\{", repetition?.length ?? 1);
    }
    const group = c === "(" ? this.#taken(GROUP) : undefined;
    if (group !== undefined) {
      const isKept = ++this.groups === this.#onlyGroup || this.#onlyGroup === 0;
      return this.#emit(isKept ? group : "(?:", group.length);
    }
    if (c !== "\\") return this.#emit(c, 1);
    const letter = this.#pattern[this.#at + 1] ?? "";
    if (letter === "Q") return this.#quoted();
    if (letter === "b" || letter === "B") return this.#emit(`(?-u:\\${letter})`, 2);
    const members = CLASSES[letter.toLowerCase()];
    if (members === undefined) return this.#character();
    this.#emit(letter in CLASSES ? `[${members}]` : `[^${members}]`, 2);
  }

  /** `\Q…\E`: all in between stands for itself. */
  #quoted(): void {
    const from = this.#at + 2, end = this.#pattern.indexOf("\\E", from);
    const text = this.#pattern.slice(from, end < 0 ? undefined : end);
    this.#at = from;
    for (const c of text) this.#emit(itself(c), c.length);
    this.#at += end < 0 ? 0 : 2;
  }

  #class(): void {
    const isNegated = this.#pattern[this.#at + 1] === "^";
    this.#emit(isNegated ? "[^" : "[", isNegated ? 2 : 1);
    for (let isFirst = true; this.#at < this.#pattern.length; isFirst = false) {
      if (this.#pattern[this.#at] === "]" && !isFirst) return this.#emit("]", 1);
      this.#classItem();
    }
  }

  #classItem(): void {
    const named = this.#taken(NAMED_CLASS) ?? this.#taken(UNICODE_CLASS);
    if (named !== undefined) return this.#emit(named, named.length);
    const letter = this.#pattern[this.#at] === "\\" ? this.#pattern[this.#at + 1] ?? "" : "";
    const members = CLASSES[letter.toLowerCase()];
    if (members !== undefined) {
      return this.#emit(letter in CLASSES ? members : `[^${members}]`, 2);
    }
    this.#character();
    const [dash, end] = this.#pattern.slice(this.#at, this.#at + 2);
    if (dash !== "-" || end === undefined || end === "]") return;
    this.#emit("-", 1);
    this.#character();
  }

  /** One character, as it is or escaped. */
  #character(): void {
    const at = this.#at, c = String.fromCodePoint(this.#pattern.codePointAt(at)!);
    if (c !== "\\") return this.#emit(itself(c), c.length);
    const known = this.#taken(HEX) ?? this.#taken(UNICODE_CLASS);
    if (known !== undefined) return this.#emit(known, known.length);
    const octal = this.#taken(OCTAL);
    if (octal !== undefined) {
      return this.#emit(`\\x{${parseInt(octal.slice(1), 8).toString(16)}}`, octal.length);
    }
    const escaped = this.#pattern[at + 1] ?? "";
    // Letters keep their meaning; anything else stands for itself.
    this.#emit(/^[\x21-\x2f\x3a-\x40[-`{-~ ]$/.test(escaped) ? itself(escaped) : c + escaped, 2);
  }

  #taken(form: RegExp): string | undefined {
    form.lastIndex = this.#at;
    return form.exec(this.#pattern)?.[0];
  }

  #emit(text: string, taken: number): void {
    for (let i = 0; i < text.length; i++) {
      this.places.push(this.#at + (text.length === taken ? i : 0));
    }
    this.source += text;
    this.#at += taken;
  }
}

/** A character that stands for itself, in a class as outside. */
function itself(c: string): string {
  return /^[\\.+*?()|[\]{}^$#&~-]$/.test(c) ? `\\${c}` : c;
}

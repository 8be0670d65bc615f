/**
 * Redacts messages: finds what the redact rules of a tool match in JSON text, and says what to replace.
 *
 * @module
 */

import { KeptBack } from "../errors.ts";
import { joinedStrings, scalarsOf, stringEnd } from "../wire/json_text.ts";
import { type Edit, splice } from "../wire/edits.ts";
import type { Patterns, PatternSet } from "../patterns/pattern.ts";
import { type AnyPattern, PatternGroup } from "../patterns/pattern_group.ts";
import {
  decodeBase64,
  type Decoded,
  encodeBase64,
  isBase64Key,
  isJson,
  looksLikeJson,
  runsIn,
} from "./inside.ts";
import {
  type Destination,
  type Redacting,
  redactMembers,
  redactNumber,
  redactTokens,
} from "./numbers.ts";

/** Characters from which on a text is long. */
const LONG_CHARS = 4096;

/** Bytes of a message that are searched at once before its strings are looked at one by one. */
const WINDOW_BYTES = 16 * 1024;
/** What stands in the place of bytes that are no text, and hold what is redacted. */
const WITHHELD = "[withheld: it holds what the policy redacts]";
/** Levels of JSON in strings in JSON that are looked into; what is deeper is refused. */
export const MAX_NESTED = 8;

/** A pattern with these means something else in the joined text: it is always searched in full. */
const ANCHORED = /\\[Az]|\(\?[a-zA-Z]*R|\(\?[a-zA-Z]*-[a-zA-Z]*m/;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Whether a string, a key or a number stays as it is. */
export type Exemption = (
  path: readonly (string | number)[],
  isKey: boolean,
  isNumber: boolean,
) => boolean;

/**
 * The redact rules of one tool (or of all), compiled into one quick question and the full answer: most
 * messages hold nothing, and the question costs one pass.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { loadPatterns } from "../patterns/pattern.ts";
 * import { Redaction } from "./redaction.ts";
 *
 * using patterns = await loadPatterns();
 * const redaction = new Redaction(null, ["email"], "[REDACTED]", patterns);
 * const redactor = new Redactor([{ redaction }], patterns);
 * assert.equal(redactor.redactText("to ada@example.org", redactor.rules), "to [REDACTED]");
 * ```
 */
export class Redactor {
  /** Undefined when the quick question cannot be asked; null when there is no pattern to ask about. */
  readonly #quick: PatternSet | null | undefined;
  /** The same for long texts, without the patterns that would make it slow; null when there are no others. */
  readonly #quickLong: PatternSet | null | undefined;
  /** The rules' own patterns; undefined when the question cannot be asked of them. */
  readonly #ownLong: AnyPattern | undefined;

  readonly #patterns: Patterns;

  constructor(readonly rules: readonly Redacting[], patterns: Patterns) {
    this.#patterns = patterns;
    const setOf = (sources: readonly string[]) => {
      if (sources.some((source) => ANCHORED.test(source))) return undefined;
      const set = patterns.compileSet(sources.map(inLines));
      return "message" in set ? undefined : set;
    };
    const all = rules.flatMap(({ redaction }) => redaction.sources);
    const some = rules.flatMap(({ redaction }) => redaction.setSources);
    this.#quick = all.length === 0 ? null : setOf(all);
    if (some.length < all.length) this.#quickLong = some.length === 0 ? null : setOf(some);
    this.#ownLong = anyOf(rules.flatMap(({ redaction }) => redaction.ownSource ?? []), patterns);
  }

  /**
   * Asks the quick question.
   *
   * @returns False only when no rule matches any string of the JSON text at `[start, end)`.
   * @throws {ScanTimeout} when the time for the message is over.
   * @throws {KeptBack} when JSON is nested in strings deeper than {@link MAX_NESTED}.
   */
  mayMatch(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.rules.length === 0 || start >= end) return false;
    return this.#quickAnswer(joinedStrings(bytes, start, end, this.#textInside));
  }

  /**
   * Asks all patterns at once; of a long text, the detectors that may begin anywhere one by one, since
   * they would make the set slow, and the rules' own in sets that are left when they are slow.
   */
  #quickAnswer(text: string): boolean {
    if (this.rules.some(({ redaction }) => redaction.secretRules?.mayHold(text))) return true;
    if (this.#quick === null) return false;
    if (text.length < LONG_CHARS || this.#quickLong === undefined) {
      return this.#quick?.test(text) ?? true;
    }
    return this.#quickLong?.test(text) ||
      (this.#ownLong?.test(text) ?? true) ||
      this.rules.some(({ redaction }) => redaction.matchesAnywhere(text));
  }

  /**
   * Redacts a plain text.
   *
   * @returns The text without what `rules` match.
   * @throws {KeptBack} as {@link mayMatch} does.
   */
  redactText(text: string, rules: readonly Redacting[]): string {
    return this.#redactString(text, "", rules, "record", 0);
  }

  /**
   * Redacts a JSON text; for a record, nothing exempt, unless told otherwise.
   *
   * @returns The text without what `rules` match; `bytes` itself when they match nothing.
   * @throws {KeptBack} as {@link edits} does.
   */
  redactJson(
    bytes: Uint8Array,
    rules: readonly Redacting[],
    isExempt: Exemption = () => false,
    to: Destination = "record",
  ): Uint8Array {
    return splice(bytes, 0, bytes.length, this.edits(bytes, 0, bytes.length, rules, isExempt, to));
  }

  /**
   * Finds what to replace in the JSON text at `[start, end)`.
   *
   * @returns The edits, in order; their offsets are those of `bytes`.
   * @throws {KeptBack} for a number that a rule refuses, and as {@link mayMatch} does.
   */
  edits(
    bytes: Uint8Array,
    start: number,
    end: number,
    rules: readonly Redacting[],
    isExempt: Exemption,
    to: Destination,
    nested = 0,
  ): Edit[] {
    const edits: Edit[] = [];
    const windows = this.#dirtyWindows(bytes, start, end);
    const keys = new KeyNames();
    const scalars = scalarsOf(bytes, start, end, (depth) => keys.close(depth, edits));
    for (const { start, end, isKey, isNumber, path, value } of scalars) {
      const isDirty = windows.isDirty(start), key = isKey ? "" : String(path.at(-1));
      if (isNumber) {
        if (!isDirty || isExempt(path, false, true)) continue;
        const by = redactNumber(value, key, rules, to, nested > 0);
        if (by !== value) edits.push({ start, end, replacement: encoder.encode(by) });
        continue;
      }
      const redacted = isDirty ? this.#redactString(value, key, rules, to, nested) : value;
      const changed = redacted !== value && !isExempt(path, isKey, false);
      if (changed) edits.push({ start, end, replacement: quoted(redacted) });
      if (isKey) keys.add(path.length, changed ? redacted : value, changed ? edits.length - 1 : -1);
    }
    return edits;
  }

  #redactString(
    value: string,
    key: string,
    rules: readonly Redacting[],
    to: Destination,
    nested: number,
  ): string {
    // What is inside comes first: a redaction on the outside may make it unreadable.
    let redacted = this.#redactInside(value, key, rules, to, nested);
    for (const { redaction } of rules) {
      const before = redacted;
      redacted = redaction.redact(before, key);
      if (redacted === before || !isJson(before) || isJson(redacted)) continue;
      const whole = redactTokens(before, redacted, redaction.replacement);
      // What is matched besides strings and numbers goes, also when no JSON is left of the text.
      if (redaction.redact(whole, key) === whole) redacted = whole;
    }
    return redacted;
  }

  /** Redacts what stands inside a string: JSON, base64, base64 in the middle of a text. */
  #redactInside(
    value: string,
    key: string,
    rules: readonly Redacting[],
    to: Destination,
    nested: number,
  ): string {
    if (this.#looksLikeJson(value)) {
      deeper(nested);
      const bytes = encoder.encode(value);
      const edits = this.edits(bytes, 0, bytes.length, rules, () => false, to, nested + 1);
      return edits.length > 0 ? decoder.decode(splice(bytes, 0, bytes.length, edits)) : value;
    }
    const decoded = isBase64Key(key) ? this.#decoded(value) : undefined;
    if (decoded === undefined) {
      // JSON in lines, or between words: what stands behind a key stays a value.
      const text = redactMembers(value, rules, to);
      return this.#redactRuns(text, rules, to, nested);
    }
    deeper(nested);
    const [text] = decoded.texts,
      clean = (text: string) => this.#redactString(text, "", rules, to, nested + 1);
    if (!decoded.isText) {
      const isClean = decoded.texts.every((text) => clean(text) === text);
      return isClean ? value : encodeBase64(WITHHELD);
    }
    const redacted = clean(text!);
    return redacted === text ? value : encodeBase64(redacted);
  }

  #redactRuns(
    value: string,
    rules: readonly Redacting[],
    to: Destination,
    nested: number,
  ): string {
    let redacted = "", at = 0;
    for (const { start, end, text } of runsIn(value)) {
      this.#patterns.look(text.length);
      deeper(nested);
      const clean = this.#redactString(text, "", rules, to, nested + 1);
      if (clean === text) continue;
      redacted += value.slice(at, start) + encodeBase64(clean);
      at = end;
    }
    return at === 0 ? value : redacted + value.slice(at);
  }

  /** Gives all texts inside a string, each on a line of its own, for the quick question. */
  readonly #textInside = (key: string, value: string, nested = 0): string => {
    const decoded = isBase64Key(key) ? this.#decoded(value) : undefined;
    const within = (texts: readonly string[]) => {
      if (texts.length > 0) deeper(nested);
      return texts.map((text) => `${text}\n${this.#textInside("", text, nested + 1)}`).join("\n");
    };
    if (decoded !== undefined) return within(decoded.texts);
    if (!this.#looksLikeJson(value)) {
      const runs = [...runsIn(value)];
      for (const { text } of runs) this.#patterns.look(text.length);
      return within(runs.map(({ text }) => text));
    }
    deeper(nested);
    const bytes = encoder.encode(value);
    return joinedStrings(
      bytes,
      0,
      bytes.length,
      (key, value) => this.#textInside(key, value, nested + 1),
    );
  };

  #looksLikeJson(value: string): boolean {
    if (!looksLikeJson(value)) return false;
    this.#patterns.look(value.length);
    return isJson(value);
  }

  #decoded(value: string): Decoded | undefined {
    this.#patterns.look(value.length);
    return decodeBase64(value);
  }

  /** Finds the parts of a long text that are worth looking at. */
  #dirtyWindows(bytes: Uint8Array, start: number, end: number): Windows {
    const windows = new Windows();
    if (this.#quick === undefined || end - start <= WINDOW_BYTES) return windows;
    let from = start;
    for (let i = start; i < end;) {
      const isComma = bytes[i] === 0x2c;
      i = bytes[i] === 0x22 ? stringEnd(bytes, i) : i + 1;
      // A key stays with its value: the value's meaning may hang on it.
      if ((i - from < WINDOW_BYTES || !isComma) && i < end) continue;
      windows.add(i, this.mayMatch(bytes, from, i));
      from = i;
    }
    return windows;
  }
}

/** A pattern for the joined text, where each string stands on lines of its own: ^ and $ hold there, too. */
function inLines(source: string): string {
  return `(?m)${source}`;
}

/** Patterns as one that is found where any is; undefined when that cannot be said. */
function anyOf(sources: readonly string[], patterns: Patterns): AnyPattern | undefined {
  if (sources.some((source) => ANCHORED.test(source))) return undefined;
  const group = new PatternGroup(patterns), wanted = sources.map(inLines);
  group.expect(wanted);
  if (wanted.map(group.compile).some((pattern) => "message" in pattern)) return undefined;
  group.seal();
  return group.any;
}

/** Runs of bytes, and whether something may match in them; without runs, everywhere. */
class Windows {
  readonly #ends: number[] = [];
  readonly #dirty: boolean[] = [];
  #at = 0;

  add(end: number, dirty: boolean): void {
    this.#ends.push(end);
    this.#dirty.push(dirty);
  }

  /** Ask in ascending order. */
  isDirty(offset: number): boolean {
    while (this.#at < this.#ends.length && offset >= this.#ends[this.#at]!) this.#at++;
    return this.#dirty[this.#at] ?? true;
  }
}

/** Keeps redacted keys apart from their neighbours: a key that two have gets a number. */
class KeyNames {
  readonly #objects = new Map<number, { names: Set<string>; redacted: [string, number][] }>();

  /** @param edit Index of the edit that made the name; −1 for a name that came so. */
  add(depth: number, name: string, edit: number): void {
    let object = this.#objects.get(depth);
    if (object === undefined) this.#objects.set(depth, object = { names: new Set(), redacted: [] });
    if (edit < 0) object.names.add(name);
    else object.redacted.push([name, edit]);
  }

  close(depth: number, edits: Edit[]): void {
    const object = this.#objects.get(depth);
    this.#objects.delete(depth);
    const numbers = new Map<string, number>();
    for (const [name, edit] of object?.redacted ?? []) {
      let number = numbers.get(name) ?? 1;
      let free = number === 1 ? name : `${name}_${number}`;
      for (; object!.names.has(free); free = `${name}_${number}`) number++;
      numbers.set(name, number);
      object!.names.add(free);
      edits[edit] = { ...edits[edit]!, replacement: quoted(free) };
    }
  }
}

function quoted(text: string): Uint8Array {
  return encoder.encode(JSON.stringify(text));
}

/** @throws {KeptBack} when what is nested cannot be looked into to its end. */
function deeper(nested: number): void {
  if (nested === MAX_NESTED) {
    throw new KeptBack(`texts stand in texts, more than ${MAX_NESTED} deep`);
  }
}

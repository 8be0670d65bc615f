/**
 * Regular expressions that take linear time: Rust's `regex`, compiled to WebAssembly (`rregex`).
 *
 * An agent chooses the text, so an engine that backtracks is a way to hang the gateway. One search
 * here is linear in the text. Finding *all* matches can still be quadratic, since each search may look
 * far past its match; so long texts are gone through piece by piece or match by match, and the work
 * is counted in between.
 *
 * Text is UTF-8 on the other side: a lone surrogate is seen there as U+FFFD, and comes back as that in
 * a group. The engine takes about 15 MB when it is loaded.
 *
 * @module
 */

import type { RRegex, RRegexSet } from "rregex";
import { reasonOf } from "../errors.ts";
import type { Pattern, PatternError } from "../expr/checker.ts";
import { partsOf, type ReplacementPart } from "./replacement.ts";
import { readError } from "./errors.ts";
import { type Engine, loadEngine } from "./engine.ts";
import { PATTERN_BOUNDS, ScanBudget, type ScanLimits } from "./scan_budget.ts";
import { characterAt, characterBefore, cutsOf, type TextSpan, utf16Spans } from "./cuts.ts";

export type { TextSpan } from "./cuts.ts";

/** The patterns of one policy: compiled here, given back together when the policy is dropped. */
export interface Patterns extends Disposable {
  /**
   * Compiles a pattern, or gives its fault.
   *
   * @param state `cold` for one that is likely never searched for by itself: it takes less memory.
   */
  readonly compile: (source: string, state?: "warm" | "cold") => RustPattern | PatternError;
  /** Compiles and warms patterns that have been compiled one by one before; fails when too large. */
  readonly compileSet: (sources: readonly string[]) => PatternSet | PatternError;
  /** Begins to count for a message: past its limits, whatever searches throws {@link ScanTimeout}. */
  readonly startScan: (limits: ScanLimits) => void;
  /** Counts no more; searches take what they take. */
  readonly endScan: () => void;
  /**
   * Counts a text inside a text, so many characters long, that is about to be looked into.
   *
   * @throws {ScanTimeout} when there are too many, or the message is too much to search.
   */
  readonly look: (chars: number) => void;
}

/**
 * Loads the engine, the first time it is called, and opens a shelf for a policy's patterns.
 *
 * Patterns that two policies have in common are compiled once. So load the next policy before the last
 * one is given back: a compiled pattern leaves something behind in the engine's memory when it goes.
 *
 * @param now The clock, in milliseconds.
 * @returns An empty shelf; dispose of it when the policy is dropped.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * using patterns = await loadPatterns();
 * const pattern = patterns.compile("rm\\s+-rf");
 * if ("message" in pattern) throw new Error(pattern.message);
 * assert.equal(pattern.test("rm  -rf /"), true);
 * assert.equal(pattern.replaceAll("rm -rf /", "ls"), "ls /");
 * ```
 */
export async function loadPatterns(
  now: () => number = () => performance.now(),
): Promise<Patterns> {
  const engine = await (loading ??= loadEngine());
  const budget = new ScanBudget(now);
  const shelf: Disposable[] = [];
  const shelve = <T extends Disposable>(make: () => T, source: string): T | PatternError => {
    try {
      const thing = make();
      shelf.push(thing);
      return thing;
    } catch (fault) {
      return readError(reasonOf(fault), source);
    }
  };
  return {
    compile: (source, state = "warm") =>
      shelve(() => {
        const pattern = new RustPattern(source, engine, budget);
        if (state === "warm") pattern.warm();
        return pattern;
      }, source),
    compileSet: (sources) =>
      shelve(() => new PatternSet(sources, engine, budget), sources.join("|")),
    startScan: (limits) => budget.start(limits),
    endScan: () => budget.stop(),
    look: (chars) => budget.look(chars),
    [Symbol.dispose]: () => {
      for (const thing of shelf.splice(0)) thing[Symbol.dispose]();
    },
  };
}

/** One compiled pattern, unanchored and case-sensitive unless it says otherwise. */
export class RustPattern implements Pattern, Disposable {
  /** As it was written. */
  readonly source: string;
  readonly #engine: Engine;
  readonly #budget: ScanBudget;
  #regex: RRegex | undefined;
  #cuts: string | undefined;
  /** Made when a replacement first asks for groups. */
  readonly #anchors: ({ readonly source: string; readonly regex: RRegex } | undefined)[] = [];

  /** @ignore Made by {@link Patterns.compile}. */
  constructor(source: string, engine: Engine, budget: ScanBudget) {
    this.source = source;
    this.#engine = engine;
    this.#budget = budget;
    this.#regex = engine.patterns.take(source);
  }

  /** Builds what the first search would build. */
  warm(): void {
    this.#engine.warm(this.#alive());
  }

  /**
   * Whether the pattern is found anywhere in `text`.
   *
   * @throws {ScanTimeout} when the message is too much to search.
   */
  test(text: string): boolean {
    this.#budget.count(text.length);
    return this.#engine.isMatch(this.#alive(), text);
  }

  /**
   * Finds all matches in `text`, from the left, none overlapping another.
   *
   * @throws {ScanTimeout} when the message is too much to search.
   */
  findAll(text: string): TextSpan[] {
    const spans: TextSpan[] = [];
    for (let start = 0, end = 0; start < text.length || start === 0; start = end) {
      end = this.#pieceEnd(text, start);
      for (const match of this.#findInPiece(text.slice(start, end))) {
        spans.push({ start: start + match.start, end: start + match.end });
      }
      if (end === text.length) break;
    }
    return spans;
  }

  /**
   * Replaces each match.
   *
   * @param replacement `$1` and `${name}` stand for groups, `$0` for the match, `$$` for a dollar. A
   * name goes on as long as letters, digits and underscores do; a group that is not there is empty.
   * @returns The new text; `text` itself when nothing matches.
   * @throws {ScanTimeout} when the message is too much to search.
   */
  replaceAll(text: string, replacement: string): string {
    const spans = this.findAll(text);
    if (spans.length === 0) return text;
    const parts = partsOf(replacement);
    let result = "", kept = 0;
    for (const span of spans) {
      result += text.slice(kept, span.start) + this.#filledIn(parts, text, span);
      kept = span.end;
    }
    return result + text.slice(kept);
  }

  /**
   * Finds the groups of a match that took part in it and are not empty, in the order of the pattern.
   *
   * @param match One of {@link findAll}.
   * @throws {ScanTimeout} when the time for the message is over.
   */
  groupsOf(text: string, match: TextSpan): TextSpan[] {
    const from = characterBefore(text, match.start), { part, regex } = this.#sceneOf(text, match);
    this.#budget.count(part.length);
    return this.#engine.groups(regex, part).slice(1)
      .filter(({ start, end }) => start < end)
      .flatMap((group) => utf16Spans(part, [group]))
      .map(({ start, end }) => ({ start: from + start, end: from + end }));
  }

  /** Gives the pattern back. Using it after that throws. */
  [Symbol.dispose](): void {
    if (this.#regex !== undefined) this.#engine.patterns.giveBack(this.source);
    for (const anchor of this.#anchors.splice(0)) {
      if (anchor !== undefined) this.#engine.patterns.giveBack(anchor.source);
    }
    this.#regex = undefined;
  }

  #alive(): RRegex {
    if (this.#regex === undefined) throw new TypeError("Cannot use a pattern that was given back");
    return this.#regex;
  }

  /** Ends a piece from `start`: at the text's end or where no match and no look reaches across. */
  #pieceEnd(text: string, start: number): number {
    const limit = start + PATTERN_BOUNDS.pieceChars;
    if (limit >= text.length) return text.length;
    const cuts = this.#cuts ??= cutsOf(this.#alive().syntax());
    if (cuts === "") return text.length;
    for (let at = limit; at > start; at--) if (cuts.includes(text[at]!)) return at;
    for (let at = limit + 1; at < text.length; at++) if (cuts.includes(text[at]!)) return at;
    return text.length;
  }

  /** The matches in a piece, the work being counted between them. */
  #findInPiece(piece: string): TextSpan[] {
    this.#budget.count(piece.length);
    if (!this.#engine.isMatch(this.#alive(), piece)) return [];
    const bytes = encoder.encode(piece);
    const found: TextSpan[] = [];
    for (let at = 0, last = -1; at <= bytes.length;) {
      this.#budget.count(bytes.length - at);
      const match = this.#engine.findAt(this.#alive(), bytes, at);
      if (match === undefined) break;
      const isEmpty = match.start === match.end;
      // An empty match right behind the one before is none, as in the engine's own iteration.
      if (!isEmpty || match.start !== last) found.push(match);
      last = at = match.end;
      // Past an empty match, on to the start of the next character.
      if (isEmpty) { do at++; while ((bytes[at]! & 0xc0) === 0x80); }
    }
    return utf16Spans(piece, found);
  }

  /** The replacement of one match. */
  #filledIn(parts: readonly ReplacementPart[], text: string, { start, end }: TextSpan): string {
    let scene: Scene | undefined;
    return parts.map((part) => {
      switch (part.is) {
        case "text":
          return part.text;
        case "match":
          return text.slice(start, end);
        case "group":
          return this.#group(scene ??= this.#sceneOf(text, { start, end }), part.reference);
      }
    }).join("");
  }

  /**
   * The match, and as much around it as its groups hang on: one character on either side, since no
   * assertion sees further. Where the end of the text makes another match of it, all that follows.
   */
  #sceneOf(text: string, { start, end }: TextSpan): Scene {
    const from = characterBefore(text, start), regex = this.#anchored(start > 0);
    let scene: Scene | undefined;
    for (const to of [end + characterAt(text, end), text.length]) {
      const part = text.slice(from, to).toWellFormed();
      this.#budget.count(part.length);
      scene = { part, regex, rest: text.slice(end, to).toWellFormed() };
      const bytes = encoder.encode(part), match = this.#engine.findAt(regex, bytes, 0);
      if (match?.end === bytes.length - encoder.encode(scene.rest).length) break;
    }
    return scene!;
  }

  /** A group is no longer than its match: the engine leaks what it makes longer. */
  #group({ part, regex, rest }: Scene, reference: string): string {
    this.#budget.count(part.length);
    const replaced = this.#engine.replaceAll(regex, part, reference);
    return replaced.slice(0, replaced.length - rest.length);
  }

  /** The same pattern where it may begin in one place only: at the start, or behind one character. */
  #anchored(isBehind: boolean): RRegex {
    const key = isBehind ? 1 : 0, known = this.#anchors[key];
    if (known !== undefined) return known.regex;
    const lead = isBehind ? "\\A(?s:.)" : "\\A";
    // A comment at the pattern's end (`(?x)`) goes on to the end of its line.
    for (const source of [`${lead}(?:${this.source})`, `${lead}(?:${this.source}\n)`]) {
      try {
        const regex = this.#engine.patterns.take(source);
        this.#anchors[key] = { source, regex };
        return regex;
      } catch {
        continue;
      }
    }
    throw new RangeError("Cannot fill in groups: the pattern is too large");
  }
}

/** A part of a text that begins with a match, or with one character and the match. */
interface Scene {
  readonly part: string;
  /** Matches at the start of the part only, and up to `rest`. */
  readonly regex: RRegex;
  readonly rest: string;
}

/** Several patterns, tested in one pass over a text. */
export class PatternSet implements Disposable {
  readonly #key: string;
  readonly #engine: Engine;
  readonly #budget: ScanBudget;
  #set: RRegexSet | undefined;

  /** @ignore Made by {@link Patterns.compileSet}. */
  constructor(sources: readonly string[], engine: Engine, budget: ScanBudget) {
    this.#key = JSON.stringify(sources);
    this.#engine = engine;
    this.#budget = budget;
    this.#set = engine.sets.take(this.#key);
  }

  /**
   * Whether any of the patterns is found in `text`.
   *
   * @throws {ScanTimeout} when the message is too much to search.
   */
  test(text: string): boolean {
    this.#budget.count(text.length);
    if (this.#set === undefined) throw new TypeError("Cannot use a set that was given back");
    return this.#engine.isAnyMatch(this.#set, text);
  }

  /**
   * Which of the patterns are found in `text`, by their places in the set.
   *
   * @throws {ScanTimeout} when the time for the message is over.
   */
  matching(text: string): readonly number[] {
    this.#budget.count(text.length);
    if (this.#set === undefined) throw new TypeError("Cannot use a set that was given back");
    return this.#engine.matching(this.#set, text);
  }

  /** Gives the set back. Using it after that throws. */
  [Symbol.dispose](): void {
    if (this.#set !== undefined) this.#engine.sets.giveBack(this.#key);
    this.#set = undefined;
  }
}

const encoder = new TextEncoder();

let loading: Promise<Engine> | undefined;

/**
 * Patterns that are asked about the same texts, one after the other: those of a policy's conditions.
 *
 * Most texts match none of them, and one search for all says so: a thousand patterns cost as much as a
 * few.
 *
 * @module
 */

import type { Pattern, PatternError } from "../expr/checker.ts";
import type { Patterns, PatternSet, RustPattern } from "./pattern.ts";

/** Patterns from which on they are searched for together, and how many are in one set at most. */
const TOGETHER = Object.freeze({ least: 8, most: 128 });

/** Texts whose matches are remembered, and their characters: a call has few, and each rule asks again. */
const REMEMBERED = Object.freeze({ texts: 16, chars: 64 * 1024 });

/** Milliseconds that a pattern takes by itself while the engine is cold: to begin, and for a character. */
const ALONE_MS = Object.freeze({ begin: 1e-3, character: 2e-6 });

/** Searches after which a set is judged. */
const TRIALS = 64;

const NONE: ReadonlySet<number> = new Set();

/** Patterns that are compiled one by one, and then searched for together. */
export class PatternGroup {
  readonly #patterns: Patterns;
  readonly #now: () => number;
  readonly #members = new Map<string, Member>();

  /** @param now The clock, in milliseconds. */
  constructor(patterns: Patterns, now: () => number = () => performance.now()) {
    this.#patterns = patterns;
    this.#now = now;
  }

  /** Compiles a pattern, or gives its fault. Fits the condition language. */
  readonly compile = (source: string): Pattern | PatternError => {
    const known = this.#members.get(source);
    if (known !== undefined) return known;
    const pattern = this.#patterns.compile(source, "cold");
    if ("message" in pattern) return pattern;
    const member = new Member(pattern);
    this.#members.set(source, member);
    return member;
  };

  /** Ends the compiling: from now on they are searched for together, where they are many. */
  seal(): void {
    const sources = [...this.#members.keys()], members = [...this.#members.values()];
    for (let first = 0; first < members.length; first += TOGETHER.most) {
      const part = members.slice(first, first + TOGETHER.most);
      const set = part.length < TOGETHER.least
        ? undefined
        : this.#patterns.compileSet(sources.slice(first, first + TOGETHER.most));
      // Some are too large to be one.
      if (set === undefined || "message" in set) part.forEach(({ pattern }) => pattern.warm());
      else {
        const together = new Together(set, part.length, this.#now);
        part.forEach((member, index) => member.join(together, index));
      }
    }
  }
}

/** One pattern of a group. */
class Member implements Pattern {
  #together: Together | null = null;
  #index = 0;

  constructor(readonly pattern: RustPattern) {}

  /** Is searched for with others from now on, and is the `index`-th of them. */
  join(together: Together, index: number): void {
    this.#together = together;
    this.#index = index;
  }

  test(text: string): boolean {
    const together = this.#together;
    return together === null || together.isSlow
      ? this.pattern.test(text)
      : together.isFound(this.#index, text);
  }
}

/** One search for several patterns, and what it has found in the last texts. */
class Together {
  /** Whether it takes longer than the patterns do alone: some outgrow what the engine keeps of a set. */
  isSlow = false;
  readonly #set: PatternSet;
  readonly #size: number;
  readonly #now: () => number;
  readonly #known = new Map<string, ReadonlySet<number>>();
  /** The last text, and what was found in it. */
  #text: string | undefined;
  #found: ReadonlySet<number> = NONE;
  #searches = 0;
  #slowSearches = 0;

  constructor(set: PatternSet, size: number, now: () => number) {
    this.#set = set;
    this.#size = size;
    this.#now = now;
  }

  /** Whether one of them is found in a text. */
  isFound(index: number, text: string): boolean {
    // Mostly it is the text of before.
    if (text !== this.#text) {
      this.#found = this.#known.get(text) ?? this.#search(text);
      this.#text = text;
    }
    return this.#found !== NONE && this.#found.has(index);
  }

  #search(text: string): ReadonlySet<number> {
    const begun = this.#now();
    const found = this.#set.test(text) ? new Set(this.#set.matching(text)) : NONE;
    if (text.length > REMEMBERED.chars || this.#known.size >= REMEMBERED.texts) this.#known.clear();
    this.#known.set(text, found);
    this.#judge(this.#now() - begun, text.length);
    return found;
  }

  /** Most of the searches count: any may be held up by something else. */
  #judge(ms: number, chars: number): void {
    if (ms > this.#size * (ALONE_MS.begin + chars * ALONE_MS.character)) this.#slowSearches++;
    if (++this.#searches < TRIALS) return;
    this.isSlow = this.#slowSearches > TRIALS / 2;
    this.#searches = this.#slowSearches = 0;
  }
}

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

/**
 * Patterns from which on they are searched for together, and how many are in one set at most; and how
 * many of a slow set are compiled one by one for a text, since a call waits meanwhile.
 */
const TOGETHER = Object.freeze({ least: 8, most: 128, released: 4 });

/** Texts whose matches are remembered, and their characters: a call has few, and each rule asks again. */
const REMEMBERED = Object.freeze({ texts: 16, chars: 64 * 1024 });

/** Milliseconds that a pattern takes by itself while the engine is cold: to begin, and for a character. */
const ALONE_MS = Object.freeze({ begin: 1e-3, character: 2e-6 });

/** Searches after which a set is judged. */
const TRIALS = 64;

const NONE: ReadonlySet<number> = new Set();

/**
 * Patterns that are searched for together, where they are many:
 *
 * ```text
 * expect ─► sets, as far as they can be compiled ─► compile ─► members of a set, or alone ─► seal
 * ```
 */
export class PatternGroup {
  readonly #patterns: Patterns;
  readonly #now: () => number;
  readonly #members = new Map<string, Member>();

  /** @param now The clock, in milliseconds. */
  constructor(patterns: Patterns, now: () => number = () => performance.now()) {
    this.#patterns = patterns;
    this.#now = now;
  }

  /**
   * Compiles patterns together that {@link compile} is about to be asked for. Each that is compiled by
   * itself takes the engine half a millisecond and 250 KB; a hundred in a set take as much as four.
   */
  expect(sources: readonly string[]): void {
    this.#joinAll([...new Set(sources)].filter((source) => !this.#members.has(source)));
  }

  /** Compiles a pattern, or gives its fault. Fits the condition language. */
  readonly compile = (source: string): Pattern | PatternError => {
    const known = this.#members.get(source);
    if (known !== undefined) return known;
    const pattern = this.#patterns.compile(source, "cold");
    if ("message" in pattern) return pattern;
    const member = new Member(() => pattern);
    this.#members.set(source, member);
    return member;
  };

  /** Ends the compiling: from now on those that nobody expected are searched for together as well. */
  seal(): void {
    const single = [...this.#members].filter(([, { together }]) => together === null);
    this.#joinAll(single.map(([source]) => source));
    for (const [, member] of single) member.warm();
  }

  /** All of them, as one that is found where any is. Ask for it once they are sealed. */
  get any(): AnyPattern {
    const sets = [...Map.groupBy(this.#members.values(), ({ together }) => together)];
    const isAny = (members: readonly Member[], text: string) =>
      members.some((member) => member.test(text));
    return {
      test: (text) =>
        sets.some(([together, members]) =>
          together === null || together.isSlow ? isAny(members, text) : together.test(text)
        ),
    };
  }

  #joinAll(sources: readonly string[]): void {
    for (let first = 0; first < sources.length; first += TOGETHER.most) {
      this.#join(sources.slice(first, first + TOGETHER.most));
    }
  }

  /** Makes a set of them, or several, where one of them is wrong, or they are too large together. */
  #join(sources: readonly string[]): void {
    if (sources.length < TOGETHER.least) return;
    const set = this.#patterns.compileSet(sources);
    if ("message" in set) {
      const half = sources.length >> 1;
      this.#join(sources.slice(0, half));
      this.#join(sources.slice(half));
      return;
    }
    const together = new Together(set, sources.length, this.#now);
    for (const [index, source] of sources.entries()) {
      let member = this.#members.get(source);
      if (member === undefined) {
        member = new Member(() => this.#patterns.compile(source));
        this.#members.set(source, member);
      }
      member.join(together, index);
    }
  }
}

/** Several patterns. */
export interface AnyPattern {
  /** Whether any of them is found in a text. */
  test(text: string): boolean;
}

/** Patterns that are searched for together. */
export interface PatternUnion extends AnyPattern {
  /** Whether that takes longer than asking each of them. */
  readonly isSlow: boolean;
}

/** The patterns that one is searched for with; null when it is searched for by itself. */
export function unionOf(pattern: Pattern): PatternUnion | null {
  return pattern instanceof Member ? pattern.together : null;
}

/** One pattern of a group. */
class Member implements Pattern {
  readonly #compile: () => RustPattern | PatternError;
  #alone: RustPattern | PatternError | undefined;
  /** Null while it is searched for by itself. */
  together: Together | null = null;
  #index = 0;

  constructor(compile: () => RustPattern | PatternError) {
    this.#compile = compile;
  }

  /** Is searched for with others from now on, and is the `index`-th of them. */
  join(together: Together, index: number): void {
    this.together = together;
    this.#index = index;
  }

  /** Makes ready to be searched for by itself, should it have to be. */
  warm(): void {
    if (this.together === null) this.#byItself.warm();
  }

  test(text: string): boolean {
    const { together } = this;
    if (together === null) return this.#byItself.test(text);
    if (!together.isSlow) return together.isFound(this.#index, text);
    if (this.#alone === undefined && together.mayRelease(text)) this.#alone = this.#compile();
    // A pattern that fits into a set may be too large by itself, where groups are kept, too.
    return this.#alone === undefined || "message" in this.#alone
      ? together.isFound(this.#index, text)
      : this.#alone.test(text);
  }

  get #byItself(): RustPattern {
    const pattern = this.#alone ??= this.#compile();
    if ("message" in pattern) throw new RangeError(pattern.message);
    return pattern;
  }
}

/** One search for several patterns, and what it has found in the last texts. */
class Together implements PatternUnion {
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
  /** A text, and how many members were let go for it. */
  #releasedFor: string | undefined;
  #released = 0;

  constructor(set: PatternSet, size: number, now: () => number) {
    this.#set = set;
    this.#size = size;
    this.#now = now;
  }

  /** Whether any of them is found in a text. */
  test(text: string): boolean {
    return this.#foundIn(text) !== NONE;
  }

  /** Whether one of them is found in a text. */
  isFound(index: number, text: string): boolean {
    const found = this.#foundIn(text);
    return found !== NONE && found.has(index);
  }

  #foundIn(text: string): ReadonlySet<number> {
    // Mostly it is the text of before.
    if (text !== this.#text) {
      this.#found = this.#known.get(text) ?? this.#search(text);
      this.#text = text;
    }
    return this.#found;
  }

  /** Whether one more of its members may be compiled by itself now. */
  mayRelease(text: string): boolean {
    if (text !== this.#releasedFor) {
      this.#releasedFor = text;
      this.#released = 0;
    }
    return this.#released++ < TOGETHER.released;
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

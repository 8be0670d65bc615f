/**
 * Regular expressions that take linear time: Rust's `regex`, compiled to WebAssembly.
 *
 * An agent chooses the text, so an engine that backtracks is a way to hang the gateway. One search
 * here is linear in the text. Finding *all* matches can still be quadratic, since each search may look
 * far past its match; so long texts are gone through piece by piece or match by match, and the clock
 * is read in between.
 *
 * Text is UTF-8 on the other side: a lone surrogate is seen there as U+FFFD, and comes back as that in
 * a string that a replacement with groups changed. The engine takes about 15 MB when it is loaded, and
 * memory that a long text made it take stays with it.
 *
 * @module
 */

import type { Hir, RRegex, RRegexSet } from "rregex";
import type { Pattern, PatternError } from "../expr/checker.ts";

/** Bounds of searching, in UTF-16 code units. */
export const PATTERN_BOUNDS = Object.freeze({
  /** Text up to this long is searched in one piece; longer text is cut where it can be. */
  pieceChars: 4096,
  /** The clock is read each time that this much has been searched; … */
  uncheckedChars: 65_536,
  /** … what a search costs beside its text counts as this much. */
  callChars: 64,
});

/** A part of a text, in UTF-16 code units, the end exclusive. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** A scan took longer than it may. The text was not searched to its end: do not forward it. */
export class ScanTimeout extends Error {
  override readonly name = "ScanTimeout";
  /** Tells this error from others. */
  readonly code = "scan_timeout";

  /** @param maxMs What the scan was given. */
  constructor(readonly maxMs: number) {
    super(`Cannot finish the scan: it takes longer than ${maxMs} ms`);
  }
}

/** The patterns of one policy: compiled here, given back together when the policy is dropped. */
export interface Patterns extends Disposable {
  /** Compiles and warms a pattern, or says what is wrong with it. Fits the condition language. */
  readonly compile: (source: string) => RustPattern | PatternError;
  /** Compiles and warms patterns that have been compiled one by one before; fails when too large. */
  readonly compileSet: (sources: readonly string[]) => PatternSet | PatternError;
  /** Starts the clock for a message: past it, whatever searches throws {@link ScanTimeout}. */
  readonly startScan: (maxMs: number) => void;
  /** Stops the clock; searches take the time they take. */
  readonly endScan: () => void;
}

/**
 * Loads the engine, the first time it is called, and opens a shelf for a policy's patterns.
 *
 * @param now The clock, in milliseconds.
 */
export async function loadPatterns(
  now: () => number = () => performance.now(),
): Promise<Patterns> {
  const { RRegex, RRegexSet } = await import("rregex");
  const watch = new Stopwatch(now);
  const shelf: Disposable[] = [];
  const shelve = <T extends Disposable>(make: () => T, source: string): T | PatternError => {
    try {
      const thing = make();
      shelf.push(thing);
      return thing;
    } catch (fault) {
      return readError(fault instanceof Error ? fault.message : String(fault), source);
    }
  };
  return {
    compile: (source) => shelve(() => new RustPattern(source, new RRegex(source), watch), source),
    compileSet: (sources) =>
      shelve(() => new PatternSet(new RRegexSet([...sources]), watch), sources.join("|")),
    startScan: (maxMs) => watch.start(maxMs),
    endScan: () => watch.stop(),
    [Symbol.dispose]: () => {
      for (const thing of shelf.splice(0)) thing[Symbol.dispose]();
    },
  };
}

/** The time that the patterns of a policy may take together for one message. */
class Stopwatch {
  readonly #now: () => number;
  #maxMs = Infinity;
  #deadline = Infinity;
  #unchecked = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(maxMs: number): void {
    this.#maxMs = maxMs;
    this.#deadline = this.#now() + maxMs;
    this.#unchecked = 0;
  }

  stop(): void {
    this.#deadline = Infinity;
  }

  /** Counts a text that is about to be searched. */
  count(chars: number): void {
    this.#unchecked += chars + PATTERN_BOUNDS.callChars;
    if (this.#unchecked < PATTERN_BOUNDS.uncheckedChars) return;
    this.#unchecked = 0;
    if (this.#now() > this.#deadline) throw new ScanTimeout(this.#maxMs);
  }
}

/** One compiled pattern, unanchored and case-sensitive unless it says otherwise. */
export class RustPattern implements Pattern, Disposable {
  /** As it was written. */
  readonly source: string;
  readonly #regex: RRegex;
  readonly #watch: Stopwatch;
  #cuts: string | undefined;

  /** @ignore Made by {@link Patterns.compile}. */
  constructor(source: string, regex: RRegex, watch: Stopwatch) {
    this.source = source;
    this.#regex = regex;
    this.#watch = watch;
    for (const text of WARM_UP) {
      regex.isMatch(text);
      regex.find(text);
    }
  }

  /** Whether the pattern is found anywhere in `text`. */
  test(text: string): boolean {
    this.#watch.count(text.length);
    return this.#regex.isMatch(text);
  }

  /** The matches in `text`, from the left, none overlapping another. */
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
   * The text with each match replaced.
   *
   * @param replacement `$1` and `${name}` stand for groups, `$0` for the match, `$$` for a dollar. A
   * name goes on as long as letters, digits and underscores do; a group that is not there is empty.
   * @returns `text` itself when nothing matches.
   */
  replaceAll(text: string, replacement: string): string {
    const spans = this.findAll(text);
    if (spans.length === 0) return text;
    // What could be found in time can be replaced in time; groups are the engine's matter.
    if (replacement.includes("$")) return this.#regex.replaceAll(text, replacement);
    let result = "", kept = 0;
    for (const { start, end } of spans) {
      result += text.slice(kept, start) + replacement;
      kept = end;
    }
    return result + text.slice(kept);
  }

  /** The groups' names by number, the whole match being 0; undefined for a group without a name. */
  groups(): (string | undefined)[] {
    return this.#regex.captureNames().map((name) => name ?? undefined);
  }

  /** Gives its memory back. A pattern that is used after that throws. */
  [Symbol.dispose](): void {
    this.#regex.free();
  }

  /** Where a piece from `start` ends: at the text's end or where no match and no look reaches across. */
  #pieceEnd(text: string, start: number): number {
    const limit = start + PATTERN_BOUNDS.pieceChars;
    if (limit >= text.length) return text.length;
    const cuts = this.#cuts ??= cutsOf(this.#regex.syntax());
    if (cuts === "") return text.length;
    for (let at = limit; at > start; at--) if (cuts.includes(text[at]!)) return at;
    for (let at = limit + 1; at < text.length; at++) if (cuts.includes(text[at]!)) return at;
    return text.length;
  }

  #findInPiece(piece: string): TextSpan[] {
    this.#watch.count(piece.length);
    if (!this.#regex.isMatch(piece)) return [];
    const found = piece.length <= PATTERN_BOUNDS.pieceChars
      ? this.#regex.findAll(piece)
      : this.#findOneByOne(piece);
    return utf16Spans(piece, found);
  }

  /** As the engine's own `findAll`, with a look at the clock before each match. */
  #findOneByOne(text: string): TextSpan[] {
    const bytes = new TextEncoder().encode(text);
    const found: TextSpan[] = [];
    for (let at = 0, last = -1; at <= bytes.length;) {
      this.#watch.count(text.length);
      const match = this.#regex.findAt(text, at);
      if (match === undefined) break;
      const isEmpty = match.start === match.end;
      // An empty match right behind the one before is none, as in the engine's own.
      if (!isEmpty || match.start !== last) found.push(match);
      last = at = match.end;
      // Past an empty match, on to the start of the next character.
      if (isEmpty) { do at++; while ((bytes[at]! & 0xc0) === 0x80); }
    }
    return found;
  }
}

/** Several patterns, tested in one pass over a text. */
export class PatternSet implements Disposable {
  readonly #set: RRegexSet;
  readonly #watch: Stopwatch;

  /** @ignore Made by {@link Patterns.compileSet}. */
  constructor(set: RRegexSet, watch: Stopwatch) {
    this.#set = set;
    this.#watch = watch;
    for (const text of WARM_UP) set.matches(text);
  }

  /** Whether any of the patterns is found in `text`. */
  test(text: string): boolean {
    this.#watch.count(text.length);
    return this.#set.isMatch(text);
  }

  /** The patterns that are found in `text`, by their place in the list, ascending. */
  matches(text: string): number[] {
    this.#watch.count(text.length);
    return this.#set.matches(text);
  }

  /** Gives its memory back. A set that is used after that throws. */
  [Symbol.dispose](): void {
    this.#set.free();
  }
}

/** Texts that make the engine build what it would build at the first call: its automata grow lazily. */
const WARM_UP = ["", "warm up: a-Z_0.9 / \"'\\n", "\u00e9\u65e5\u{1f389}", "x".repeat(256)];

/** Where no match reaches across, if the pattern cannot take it in: none of these is part of a word. */
const CUTS = "\n\r \t\"',;";

/**
 * Those of {@link CUTS} that split a text for this pattern: what it cannot take in, when it neither
 * asks for the start or end of a line or text nor matches the empty text.
 */
function cutsOf(pattern: Hir): string {
  let cuts = CUTS;
  const isTaken = (test: (c: string) => boolean) => {
    cuts = [...cuts].filter((c) => !test(c)).join("");
  };
  /** Whether the part can match the empty text. */
  const visit = ({ kind }: Hir): boolean => {
    switch (kind["@variant"]) {
      case "Empty":
        return true;
      case "Look":
        // At a cut, `\b` and its kin see the end of the text as they see what is not part of a word.
        if (!kind["@values"][0]["@variant"].startsWith("Word")) cuts = "";
        return true;
      case "Literal": {
        const [bytes] = kind["@values"][0]["@values"];
        isTaken((c) => bytes.includes(c.charCodeAt(0)));
        return false;
      }
      case "Class": {
        const { ranges } = kind["@values"][0]["@values"][0];
        isTaken((c) =>
          ranges.some(({ start, end }) => codeOf(start) <= codeOf(c) && codeOf(c) <= codeOf(end))
        );
        return false;
      }
      case "Repetition": {
        const { min, sub } = kind["@values"][0];
        return visit(sub) || min === 0;
      }
      case "Capture":
        return visit(kind["@values"][0].sub);
      case "Concat":
        return kind["@values"][0].map(visit).every(Boolean);
      case "Alternation":
        return kind["@values"][0].map(visit).some(Boolean);
    }
  };
  return visit(pattern) ? "" : cuts;
}

function codeOf(bound: string | number): number {
  return typeof bound === "number" ? bound : bound.codePointAt(0)!;
}

/** Turns ascending offsets in the UTF-8 of `text` into offsets in `text`. */
function utf16Spans(text: string, found: readonly TextSpan[]): TextSpan[] {
  // A lone surrogate is U+FFFD on the other side; what is left of surrogates stands in pairs.
  const seen = text.toWellFormed();
  let bytes = 0, at = 0;
  const unitsAt = (offset: number): number => {
    for (; bytes < offset; at++) bytes += utf8Bytes(seen.charCodeAt(at));
    return at;
  };
  return found.map(({ start, end }) => ({ start: unitsAt(start), end: unitsAt(end) }));
}

/** What a code unit adds to the UTF-8 of a well-formed text: each half of a pair, half of its four. */
function utf8Bytes(unit: number): number {
  if (unit < 0x80) return 1;
  return unit < 0x800 || unit >= 0xd800 && unit < 0xe000 ? 2 : 3;
}

/**
 * Reads what the engine says of a pattern. Its message repeats the pattern with carets below the place,
 * each line indented by four blanks, or by its number when the pattern has several:
 *
 * ```
 * regex parse error:
 *     (a
 *     ^
 * error: unclosed group
 * ```
 */
function readError(report: string, source: string): PatternError {
  const lines = report.split("\n");
  const said = lines.findLast((line) => line.startsWith("error: "))?.slice("error: ".length);
  const message = said ?? report.replace(/\.$/, "");
  const below = lines.findLastIndex((line) => /^ +\^[ ^]*$/.test(line));
  if (below < 1) return { message, offset: 0, length: source.length };
  const carets = lines[below]!, marked = lines[below - 1]!;
  const numbered = /^ *([0-9]+): /.exec(marked);
  const indent = source.includes("\n") && numbered !== null ? numbered[0].length : 4;
  const line = source.includes("\n") && numbered !== null ? Number(numbered[1]) - 1 : 0;
  // The last run of carets marks the place; one before it, what the place is in conflict with.
  const first = carets.lastIndexOf(" ") + 1;
  const units = (column: number) => [...marked].slice(indent, column).join("").length;
  const start = source.split("\n").slice(0, line).reduce((sum, l) => sum + l.length + 1, 0);
  const offset = start + units(first);
  return { message, offset, length: start + units(carets.length) - offset };
}

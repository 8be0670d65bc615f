/**
 * Regular expressions that take linear time: Rust's `regex`, compiled to WebAssembly (`rregex`).
 *
 * An agent chooses the text, so an engine that backtracks is a way to hang the gateway. One search
 * here is linear in the text. Finding *all* matches can still be quadratic, since each search may look
 * far past its match; so long texts are gone through piece by piece or match by match, and the clock
 * is read in between.
 *
 * Text is UTF-8 on the other side: a lone surrogate is seen there as U+FFFD, and comes back as that in
 * a string that a replacement with groups changed. The engine takes about 15 MB when it is loaded.
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
 * What two policies have in common is compiled once. So load the next policy before the last one is
 * given back: a compiled pattern leaves something behind in the engine's memory when it goes.
 *
 * @param now The clock, in milliseconds.
 */
export async function loadPatterns(
  now: () => number = () => performance.now(),
): Promise<Patterns> {
  const engine = await (loading ??= loadEngine());
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
    compile: (source) => shelve(() => new RustPattern(source, engine, watch), source),
    compileSet: (sources) =>
      shelve(() => new PatternSet(sources, engine, watch), sources.join("|")),
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
  readonly #engine: Engine;
  readonly #watch: Stopwatch;
  #regex: RRegex | undefined;
  #cuts: string | undefined;

  /** @ignore Made by {@link Patterns.compile}. */
  constructor(source: string, engine: Engine, watch: Stopwatch) {
    this.source = source;
    this.#engine = engine;
    this.#watch = watch;
    this.#regex = engine.patterns.take(source);
  }

  /** Whether the pattern is found anywhere in `text`. */
  test(text: string): boolean {
    this.#watch.count(text.length);
    return this.#engine.isMatch(this.#alive(), text);
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
    const spans = this.findAll(text), hasGroups = replacement.includes("$");
    if (spans.length === 0) return text;
    if (hasGroups && text.length <= PATTERN_BOUNDS.pieceChars) {
      return this.#engine.replaceAll(this.#alive(), text, replacement);
    }
    let result = "", kept = 0;
    for (const span of spans) {
      const by = hasGroups ? this.#expand(text, span, replacement) : replacement;
      // What was found in time can be replaced in time.
      if (by === undefined) return this.#engine.replaceAll(this.#alive(), text, replacement);
      result += text.slice(kept, span.start) + by;
      kept = span.end;
    }
    return result + text.slice(kept);
  }

  /** Gives the pattern back. Using it after that throws. */
  [Symbol.dispose](): void {
    if (this.#regex !== undefined) this.#engine.patterns.giveBack(this.source);
    this.#regex = undefined;
  }

  #alive(): RRegex {
    if (this.#regex === undefined) throw new TypeError("Cannot use a pattern that was given back");
    return this.#regex;
  }

  /** Where a piece from `start` ends: at the text's end or where no match and no look reaches across. */
  #pieceEnd(text: string, start: number): number {
    const limit = start + PATTERN_BOUNDS.pieceChars;
    if (limit >= text.length) return text.length;
    const cuts = this.#cuts ??= cutsOf(this.#alive().syntax());
    if (cuts === "") return text.length;
    for (let at = limit; at > start; at--) if (cuts.includes(text[at]!)) return at;
    for (let at = limit + 1; at < text.length; at++) if (cuts.includes(text[at]!)) return at;
    return text.length;
  }

  /** The matches in a piece, the clock being read between them. */
  #findInPiece(piece: string): TextSpan[] {
    this.#watch.count(piece.length);
    if (!this.#engine.isMatch(this.#alive(), piece)) return [];
    const bytes = encoder.encode(piece);
    const found: TextSpan[] = [];
    for (let at = 0, last = -1; at <= bytes.length;) {
      this.#watch.count(piece.length);
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

  /** What the replacement becomes for one match: `$1` and its like are the engine's matter. */
  #expand(text: string, match: TextSpan, replacement: string): string | undefined {
    // A path through the pattern sees the match and one character on either side; so what matches
    // the same here has the same groups.
    const from = characterBefore(text, match.start), to = match.end + characterAt(text, match.end);
    const part = text.slice(from, to), [same, ...others] = this.#findInPiece(part);
    const start = match.start - from, end = match.end - from;
    if (same?.start !== start || same.end !== end || others.length > 0) return undefined;
    const replaced = this.#engine.replaceAll(this.#alive(), part, replacement);
    return replaced.slice(start, replaced.length - (part.length - end));
  }
}

/** Several patterns, tested in one pass over a text. */
export class PatternSet implements Disposable {
  readonly #key: string;
  readonly #engine: Engine;
  readonly #watch: Stopwatch;
  #set: RRegexSet | undefined;

  /** @ignore Made by {@link Patterns.compileSet}. */
  constructor(sources: readonly string[], engine: Engine, watch: Stopwatch) {
    this.#key = JSON.stringify(sources);
    this.#engine = engine;
    this.#watch = watch;
    this.#set = engine.sets.take(this.#key);
  }

  /** Whether any of the patterns is found in `text`. */
  test(text: string): boolean {
    this.#watch.count(text.length);
    if (this.#set === undefined) throw new TypeError("Cannot use a set that was given back");
    return this.#engine.isAnyMatch(this.#set, text);
  }

  /** Gives the set back. Using it after that throws. */
  [Symbol.dispose](): void {
    if (this.#set !== undefined) this.#engine.sets.giveBack(this.#key);
    this.#set = undefined;
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

let loading: Promise<Engine> | undefined;

async function loadEngine(): Promise<Engine> {
  const { RRegex, RRegexSet, ...rest } = await import("rregex");
  const { __wasm } = rest as unknown as { __wasm: Exports };
  return new Engine(__wasm, (source) => new RRegex(source), (sources) => new RRegexSet(sources));
}

/** What is used of the package's WebAssembly directly, as wasm-bindgen names it in version 1.13.1. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_export_2: WebAssembly.Table;
  readonly __wbindgen_malloc: (bytes: number, alignment: number) => number;
  readonly __wbindgen_free: (at: number, bytes: number, alignment: number) => void;
  readonly __externref_table_dealloc: (index: number) => void;
  readonly rregex_isMatch: (regex: number, at: number, bytes: number) => number;
  readonly rregexset_isMatch: (set: number, at: number, bytes: number) => number;
  readonly rregex_findAt: (
    regex: number,
    at: number,
    bytes: number,
    start: number,
  ) => [number, number, number];
  readonly rregex_replaceAll: (
    regex: number,
    at: number,
    bytes: number,
    replacementAt: number,
    replacementBytes: number,
  ) => [number, number];
}

/**
 * The engine, called without the package's way of handing over a text.
 *
 * That way asks for three bytes a character and then for fewer, and the allocator inside (wee_alloc)
 * never puts such blocks together again: 700,000 texts of 1,500 Japanese characters fill the 4 GB that
 * there are, and the engine stops for good. One block of the exact size is used over and over; and a
 * long text is handed over several times faster.
 */
class Engine {
  readonly patterns: Shared<RRegex>;
  readonly sets: Shared<RRegexSet>;
  readonly #wasm: Exports;
  /** The engine's memory; a new view each time that it has grown. */
  #memory: Uint8Array;
  /** Bytes of the text that was handed over last. */
  #bytes = 0;

  constructor(
    wasm: Exports,
    compile: (source: string) => RRegex,
    compileSet: (sources: string[]) => RRegexSet,
  ) {
    this.#wasm = wasm;
    this.#memory = new Uint8Array(wasm.memory.buffer);
    this.patterns = new Shared((source) => {
      const regex = compile(source);
      for (const text of WARM_UP) {
        this.isMatch(regex, text);
        this.findAt(regex, encoder.encode(text), 0);
      }
      return regex;
    });
    this.sets = new Shared((sources) => {
      const set = compileSet(JSON.parse(sources));
      for (const text of WARM_UP) this.isAnyMatch(set, text);
      return set;
    });
  }

  isMatch(regex: RRegex, text: string): boolean {
    const at = this.#place(text);
    return this.#wasm.rregex_isMatch(pointerTo(regex), at, this.#bytes) !== 0;
  }

  isAnyMatch(set: RRegexSet, text: string): boolean {
    const at = this.#place(text);
    return this.#wasm.rregexset_isMatch(pointerTo(set), at, this.#bytes) !== 0;
  }

  /** The first match from `start` on, in bytes of UTF-8. */
  findAt(regex: RRegex, text: Uint8Array, start: number): TextSpan | undefined {
    const at = this.#placeBytes(text), pointer = pointerTo(regex);
    const match = this.#taken(this.#wasm.rregex_findAt(pointer, at, this.#bytes, start));
    return match as TextSpan | undefined;
  }

  replaceAll(regex: RRegex, text: string, replacement: string): string {
    const at = this.#place(text), bytes = this.#bytes, by = this.#place(replacement);
    const [resultAt, resultBytes] = this.#wasm
      .rregex_replaceAll(pointerTo(regex), at, bytes, by, this.#bytes);
    try {
      return decoder.decode(
        this.#view().subarray(resultAt >>> 0, (resultAt >>> 0) + resultBytes),
      );
    } finally {
      this.#wasm.__wbindgen_free(resultAt, resultBytes, 1);
    }
  }

  /** Puts a text where the engine reads it, and frees it after. Gives its place; see `#bytes`. */
  #place(text: string): number {
    // Short and ASCII, as most texts are: a loop is faster than the encoder.
    if (text.length > 256) return this.#placeBytes(encoder.encode(text));
    const at = this.#wasm.__wbindgen_malloc(text.length, 1) >>> 0, memory = this.#view();
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#wasm.__wbindgen_free(at, text.length, 1);
        return this.#placeBytes(encoder.encode(text));
      }
      memory[at + i] = unit;
    }
    this.#bytes = text.length;
    return at;
  }

  #placeBytes(bytes: Uint8Array): number {
    const at = this.#wasm.__wbindgen_malloc(bytes.length, 1) >>> 0;
    this.#view().set(bytes, at);
    this.#bytes = bytes.length;
    return at;
  }

  #view(): Uint8Array {
    if (this.#memory.byteLength === 0) this.#memory = new Uint8Array(this.#wasm.memory.buffer);
    return this.#memory;
  }

  /** Takes a result, or an error that is thrown, out of the table where the engine left it. */
  #taken([result, error, hasFailed]: [number, number, number]): unknown {
    const index = hasFailed ? error : result;
    const value = this.#wasm.__wbindgen_export_2.get(index);
    this.#wasm.__externref_table_dealloc(index);
    if (hasFailed) throw value;
    return value;
  }
}

/** Where the engine keeps what the package's object stands for. */
function pointerTo(thing: RRegex | RRegexSet): number {
  return (thing as unknown as { __wbg_ptr: number }).__wbg_ptr;
}

/** Compiled things by their source: made for the first who takes one, freed by the last. */
class Shared<T extends { free(): void }> {
  readonly #made = new Map<string, { readonly thing: T; users: number }>();
  readonly #make: (key: string) => T;

  constructor(make: (key: string) => T) {
    this.#make = make;
  }

  take(key: string): T {
    const held = this.#made.get(key) ?? { thing: this.#make(key), users: 0 };
    this.#made.set(key, held);
    held.users++;
    return held.thing;
  }

  giveBack(key: string): void {
    const held = this.#made.get(key);
    if (held === undefined || --held.users > 0) return;
    this.#made.delete(key);
    held.thing.free();
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

/** The start of the character that ends at `at`. */
function characterBefore(text: string, at: number): number {
  const isPair = at > 1 && text.codePointAt(at - 2)! > 0xffff;
  return Math.max(0, isPair ? at - 2 : at - 1);
}

/** The code units of the character at `at`: none at the end. */
function characterAt(text: string, at: number): number {
  const code = text.codePointAt(at);
  return code === undefined ? 0 : code > 0xffff ? 2 : 1;
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
 * ```text
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

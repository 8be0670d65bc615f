/**
 * The WebAssembly behind the patterns: `rregex`, called directly.
 *
 * @module
 */

import type { Captures, RRegex, RRegexSet } from "rregex";
import type { TextSpan } from "./cuts.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Loads the package and its WebAssembly. */
export async function loadEngine(): Promise<Engine> {
  const { RRegex, RRegexSet, ...rest } = await import("rregex");
  const { __wasm } = rest as unknown as { __wasm: Exports };
  return new Engine(__wasm, (source) => new RRegex(source), (sources) => new RRegexSet(sources));
}

/** Parts of the package's WebAssembly that are used directly, as wasm-bindgen names them in 1.13.1. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly __wbindgen_export_2: WebAssembly.Table;
  readonly __wbindgen_malloc: (bytes: number, alignment: number) => number;
  readonly __wbindgen_free: (at: number, bytes: number, alignment: number) => void;
  readonly __externref_table_dealloc: (index: number) => void;
  readonly rregex_isMatch: (regex: number, at: number, bytes: number) => number;
  readonly rregexset_isMatch: (set: number, at: number, bytes: number) => number;
  readonly __externref_drop_slice: (at: number, length: number) => void;
  readonly rregexset_matches: (set: number, at: number, bytes: number) => [number, number];
  readonly rregex_captures: (regex: number, at: number, bytes: number) => [number, number, number];
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
export class Engine {
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
    this.patterns = new Shared(compile);
    this.sets = new Shared((sources) => {
      const set = compileSet(JSON.parse(sources));
      for (const text of WARM_UP) this.isAnyMatch(set, text);
      return set;
    });
  }

  /** Has a pattern build what it would build at its first search. */
  warm(regex: RRegex): void {
    for (const text of WARM_UP) {
      this.isMatch(regex, text);
      this.findAt(regex, encoder.encode(text), 0);
    }
  }

  isMatch(regex: RRegex, text: string): boolean {
    const at = this.#place(text);
    return this.#wasm.rregex_isMatch(pointerTo(regex), at, this.#bytes) !== 0;
  }

  isAnyMatch(set: RRegexSet, text: string): boolean {
    const at = this.#place(text);
    return this.#wasm.rregexset_isMatch(pointerTo(set), at, this.#bytes) !== 0;
  }

  /** Which of a set's patterns match, by their places in it. */
  matching(set: RRegexSet, text: string): number[] {
    const at = this.#place(text);
    const [listAt, length] = this.#wasm.rregexset_matches(pointerTo(set), at, this.#bytes);
    const list = new Uint32Array(this.#view().buffer, listAt >>> 0, length);
    const found = Array.from(list, (index) => this.#wasm.__wbindgen_export_2.get(index) as number);
    this.#wasm.__externref_drop_slice(listAt, length);
    this.#wasm.__wbindgen_free(listAt, length * 4, 4);
    return found;
  }

  /** The first match and those of its groups that took part, in bytes of UTF-8. */
  groups(regex: RRegex, text: string): readonly TextSpan[] {
    const at = this.#place(text), pointer = pointerTo(regex);
    const found = this.#taken(this.#wasm.rregex_captures(pointer, at, this.#bytes));
    return (found as Captures | undefined)?.get ?? [];
  }

  /** Finds the first match from `start` on, in bytes of UTF-8. */
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

/** Address at which the engine keeps what the package's object stands for. */
function pointerTo(thing: RRegex | RRegexSet): number {
  return (thing as unknown as { __wbg_ptr: number }).__wbg_ptr;
}

/** Compiled things that nobody uses and that are kept: the detectors are a quarter of them. */
const MAX_UNUSED = 1024;

/**
 * Compiled things by their source. What its last user has given back waits for the next one: the
 * allocator inside puts little of what is freed together again, and detectors that were compiled a
 * hundred times over would fill the memory for good.
 */
class Shared<T extends { free(): void }> {
  readonly #used = new Map<string, { readonly thing: T; users: number }>();
  /** Those that were given back first come first. */
  readonly #unused = new Map<string, T>();
  readonly #make: (key: string) => T;

  constructor(make: (key: string) => T) {
    this.#make = make;
  }

  take(key: string): T {
    let held = this.#used.get(key);
    if (held === undefined) {
      held = { thing: this.#unused.get(key) ?? this.#make(key), users: 0 };
      this.#unused.delete(key);
      this.#used.set(key, held);
    }
    held.users++;
    return held.thing;
  }

  giveBack(key: string): void {
    const held = this.#used.get(key);
    if (held === undefined || --held.users > 0) return;
    this.#used.delete(key);
    this.#unused.set(key, held.thing);
    for (const [oldest, thing] of this.#unused) {
      if (this.#unused.size <= MAX_UNUSED) return;
      this.#unused.delete(oldest);
      thing.free();
    }
  }
}

/** Texts that make the engine build what it would build at the first call: its automata grow lazily. */
const WARM_UP = ["", "warm up: a-Z_0.9 / \"'\\n", "\u00e9\u65e5\u{1f389}", "x".repeat(256)];

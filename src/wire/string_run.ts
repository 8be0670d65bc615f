/**
 * Skips what needs no look inside a JSON string: most bytes that pass are the inside of long texts.
 *
 * @module
 */

import { STRING_RUN } from "./string_run.gen.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c;

/** 1 for the bytes of a string that need no look: ASCII without controls, quote and backslash. */
export const PLAIN: Uint8Array = new Uint8Array(256);
for (let c = 0x20; c < 0x80; c++) PLAIN[c] = c === QUOTE || c === BACKSLASH ? 0 : 1;

/** Bytes that are copied at once: few at first, since the string may end soon. */
const FIRST_BYTES = 1024, MOST_BYTES = 64 * 1024;

/** `string_run.wat`, in memory of its own. */
export interface Skipper {
  readonly exports: WebAssembly.Exports;
  readonly room: Uint8Array;
  skip(at: number, end: number): number;
}

let loaded: Skipper | undefined;

/** Skips runs. */
export class StringRuns {
  /** Whether an escape was among what was skipped last. */
  hasEscape = false;

  /**
   * Skips plain bytes, escapes of one letter, and UTF-8.
   *
   * @param i A place between two characters.
   * @returns The first byte that has to be looked at; the length of `bytes` when there is none.
   */
  skip(bytes: Uint8Array, i: number): number {
    const { room, skip } = stringSkipper();
    this.hasEscape = false;
    for (let size = FIRST_BYTES; i < bytes.length; size = Math.min(4 * size, MOST_BYTES)) {
      const count = Math.min(size, bytes.length - i);
      room.set(bytes.subarray(i, i + count));
      const told = skip(0, count), skipped = told >> 1;
      this.hasEscape ||= (told & 1) === 1;
      i += skipped;
      // Less than a character is left over where the copy ends in one.
      if (skipped < count - 3 || skipped === 0) break;
    }
    return i;
  }
}

/** This thread's `string_run.wat`. */
export function stringSkipper(): Skipper {
  return loaded ??= load();
}

function load(): Skipper {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(STRING_RUN));
  const { exports } = new WebAssembly.Instance(module);
  return {
    exports,
    room: new Uint8Array((exports.memory as WebAssembly.Memory).buffer),
    skip: exports.skip as Skipper["skip"],
  };
}

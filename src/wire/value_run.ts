/**
 * Skips whole lists and objects inside a message, where they are large: three quarters of what a server
 * answers with structured content.
 *
 * @module
 */

import { stringSkipper } from "./string_run.ts";
import { VALUE_RUN } from "./value_run.gen.ts";

/** Where `value_run.wat` has the text, and how many bytes of it. */
const TEXT_AT = 0x20000, MOST_BYTES = 4 << 20;

/** Zeros behind the text, at which everything stops. */
const ZEROS = 16;

/** Values of a line that may be given up before no more are tried: each is read twice. */
const MOST_GIVEN_UP = 4;

/** As `value_run.wat` exports it. */
type Skip = (at: number, end: number, levels: number, isMultiline: number) => number;

let loaded: Skip | undefined;

/** Skips lists and objects of one line, from left to right. */
export class ValueRuns {
  /** The part of the line that was copied. */
  #from = 0;
  #to = 0;
  #givenUp = 0;

  /** Another line begins. */
  clear(): void {
    this.#from = this.#to = this.#givenUp = 0;
  }

  /**
   * Skips the list or object that begins at `i`, if it is one in every respect, a whole one, without
   * a half of a surrogate pair and without a duplicate key.
   *
   * @param end Where the line ends.
   * @param levels How deep it may be.
   * @param isMultiline Whether LF and CR are white space.
   * @returns Where it ends; −1 when the scanner has to read it: something is wrong with it, it is too
   *   large, too deep, its keys too many or escaped, or others of the line were like that.
   */
  skip(bytes: Uint8Array, i: number, end: number, levels: number, isMultiline: boolean): number {
    if (this.#givenUp === MOST_GIVEN_UP) return -1;
    const skip = loaded ??= load();
    if (i >= this.#to) this.#copy(bytes, i, end);
    const shift = TEXT_AT - this.#from;
    const place = skip(i + shift, this.#to + shift, levels, isMultiline ? 1 : 0);
    if (place > 0) return place - shift;
    this.#givenUp++;
    return -1;
  }

  #copy(bytes: Uint8Array, i: number, end: number): void {
    const { room } = stringSkipper();
    this.#from = i;
    this.#to = Math.min(end, i + MOST_BYTES);
    room.set(bytes.subarray(i, this.#to), TEXT_AT);
    const behind = TEXT_AT + this.#to - i;
    room.fill(0, behind, behind + ZEROS);
  }
}

function load(): Skip {
  const module = new WebAssembly.Module(Uint8Array.fromBase64(VALUE_RUN));
  const run = stringSkipper().exports;
  return new WebAssembly.Instance(module, { run }).exports.skip as Skip;
}

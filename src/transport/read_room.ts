/**
 * Room that is read into, again and again, and searched for the ends of lines.
 *
 * @module
 */

import { LINE_END } from "./line_end.gen.ts";
import type { FindLineEnd } from "./lines.ts";
import { READ_BYTES } from "./transport.ts";

let module: WebAssembly.Module | undefined;

/** {@link READ_BYTES} in the memory of `line_end.wat`: what is searched need not be copied there. */
export class ReadRoom {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Finds the end of a line in what {@link taken} has given. */
  readonly find: FindLineEnd;

  constructor() {
    module ??= new WebAssembly.Module(Uint8Array.fromBase64(LINE_END));
    const { memory, find } = new WebAssembly.Instance(module).exports;
    this.bytes = new Uint8Array((memory as WebAssembly.Memory).buffer, 0, READ_BYTES);
    const findIn = find as (at: number, end: number) => number;
    this.find = (chunk, at) => findIn(at, chunk.length);
  }

  /** What was read: a view of the beginning. */
  taken(length: number): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, length);
  }
}

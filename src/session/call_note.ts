/**
 * What a stage keeps of a call.
 *
 * @module
 */

import type { Call } from "./call.ts";

let kinds = 0;

/**
 * One kind of note, of which each call has one at most. It lies with the call: a `WeakMap` costs every
 * call more, and every collection of garbage.
 */
export class CallNote<Note> {
  readonly #kind = kinds++;

  /** The note on a call; undefined where there is none. */
  of(call: Call): Note | undefined {
    return call.notes[this.#kind] as Note | undefined;
  }

  /** Puts a note on a call. */
  put(call: Call, note: Note): void {
    call.notes[this.#kind] = note;
  }

  /** Takes it away. */
  remove(call: Call): void {
    call.notes[this.#kind] = undefined;
  }
}

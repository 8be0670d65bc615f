/**
 * What a stage keeps of a call.
 *
 * @module
 */

/** What notes lie with. */
export interface Noted {
  readonly notes: unknown[];
}

let kinds = 0;

/**
 * One kind of note, of which each call has one at most. It lies with the call: a `WeakMap` costs every
 * call more, and every collection of garbage.
 */
export class CallNote<Note> {
  readonly #kind = kinds++;

  /** The note on a call; undefined where there is none. */
  of(call: Noted): Note | undefined {
    return call.notes[this.#kind] as Note | undefined;
  }

  /** Puts a note on a call. */
  put(call: Noted, note: Note): void {
    call.notes[this.#kind] = note;
  }

  /** Takes it away. */
  remove(call: Noted): void {
    call.notes[this.#kind] = undefined;
  }
}

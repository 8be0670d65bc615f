/**
 * The one structure that `poll` of the C library reads and writes.
 *
 * @module
 */

import { POLLIN } from "./libc.ts";

/** Questions to `poll` and its answers: an array of `struct pollfd`. */
export class PollSet {
  /** To be given to `poll`. */
  readonly entries: Int32Array<ArrayBuffer>;
  readonly #halves: Int16Array<ArrayBuffer>;

  /** @param size How many descriptors may be watched; none is yet. */
  constructor(size: number) {
    this.entries = new Int32Array(size * 2).fill(-1);
    this.#halves = new Int16Array(this.entries.buffer);
  }

  /** Watches `fd` at `index` for these events, or nothing there when `fd` is −1. */
  watch(index: number, fd: number, events: number = POLLIN): void {
    this.entries[index * 2] = fd;
    this.#halves[index * 4 + 2] = events;
    this.#halves[index * 4 + 3] = 0;
  }

  /** Whether anything is the matter with the descriptor at `index`: it is ready, or broken. */
  isReady(index: number): boolean {
    return this.#halves[index * 4 + 3] !== 0;
  }
}

/**
 * What a line says to the store of shared limits, until its event loop has the thread.
 *
 * To post is to wake the thread that asks the store, and whoever wakes may take the processor for a
 * millisecond: only a call that waits for the answer has to wait for that.
 *
 * @module
 */

import type { ToStore } from "../limits/lease_protocol.ts";

/** Keeps the order of what is put into it. */
export class StoreOutbox {
  readonly #post: (message: ToStore) => void;
  #waiting: ToStore[] = [];

  constructor(post: (message: ToStore) => void) {
    this.#post = post;
  }

  /** Whether nothing waits for the event loop. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Has it posted in the event loop's next turn; the last message, and all before it, at once. */
  put(message: ToStore): void {
    this.#waiting.push(message);
    if (message.type === "close") this.#empty();
    else if (this.#waiting.length === 1) setImmediate(() => this.#empty());
  }

  #empty(): void {
    for (const message of this.#waiting.splice(0)) this.#post(message);
  }
}

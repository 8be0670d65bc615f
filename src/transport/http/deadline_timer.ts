/**
 * The timer of calls that nobody answers, where no transport has a loop of its own.
 *
 * @module
 */

import type { Deadlines } from "../../session/deadlines.ts";

/** Runs while there is a deadline. */
export class DeadlineTimer {
  readonly #deadlines: Deadlines;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** Sees to it that the next deadline is met. The one that is due first was set first. */
  arm(): void {
    const { next } = this.#deadlines;
    if (this.#timer !== undefined || next === null) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#deadlines.expire();
      this.arm();
    }, Math.max(0, next - performance.now()) + 1);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

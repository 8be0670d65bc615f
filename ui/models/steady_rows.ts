/**
 * Rows that never move under the reader: while somebody reads, new ones wait above.
 *
 * @module
 */

import { batch, type Signal, signal } from "@preact/signals";
import type { Call } from "./call.ts";

/** What is shown of a history that grows at its beginning. */
export class SteadyRows {
  readonly shown: Signal<readonly Call[]> = signal<readonly Call[]>([]);
  /** Rows that wait above. */
  readonly unseen: Signal<number> = signal(0);
  readonly #reasons = new Set<string>();
  #history: readonly Call[] = [];

  /** Whether somebody reads. */
  get isHeld(): boolean {
    return this.#reasons.size > 0;
  }

  /** Takes a history; the same calls in it may have changed where they stand. */
  update(history: readonly Call[]): void {
    this.#history = history;
    if (!this.isHeld) return this.#show();
    const first = this.shown.peek()[0];
    if (first === undefined) return this.#show();
    const now = new Map(history.map((call) => [call.id, call]));
    const at = history.findIndex(({ id }) => id === first.id);
    batch(() => {
      this.unseen.value = at < 0 ? history.length : at;
      this.shown.value = this.shown.peek().map((call) => now.get(call.id) ?? call);
    });
  }

  /** Begins or ends a reason to keep still: the pointer is over the rows, they are scrolled … */
  hold(reason: string, isHeld: boolean): void {
    if (isHeld) this.#reasons.add(reason);
    else if (this.#reasons.delete(reason) && !this.isHeld) this.#show();
  }

  /** Shows what waits, and goes on keeping still. */
  catchUp(): void {
    this.#show();
  }

  #show(): void {
    batch(() => {
      this.shown.value = this.#history;
      this.unseen.value = 0;
    });
  }
}

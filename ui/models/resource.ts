/**
 * Something that was asked for: what is known of it, while and after it comes.
 *
 * @module
 */

import { batch, type Signal, signal } from "@preact/signals";

/** Milliseconds after which a first answer is taken to be slow. */
const SLOW_MS = 150;

/** One question, asked again whenever something changes; the last answer stays until the next. */
export class Resource<T> {
  readonly data: Signal<T | null> = signal<T | null>(null);
  /** Why the last question went wrong; null when it did not. */
  readonly fault: Signal<Error | null> = signal<Error | null>(null);
  /** Whether the first answer takes so long that it should be said. */
  readonly isSlow: Signal<boolean> = signal(false);
  #asked: AbortController | null = null;

  /** Asks; an answer to an older question is dropped. */
  async load(ask: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    const timer = setTimeout(() => {
      if (this.data.peek() === null) this.isSlow.value = true;
    }, SLOW_MS);
    try {
      const data = await ask(asked.signal);
      if (asked === this.#asked) {
        batch(() => {
          this.data.value = data;
          this.fault.value = null;
        });
      }
    } catch (fault) {
      if (asked === this.#asked && !asked.signal.aborted) this.fault.value = fault as Error;
    } finally {
      clearTimeout(timer);
      if (asked === this.#asked) this.isSlow.value = false;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#asked?.abort();
    this.#asked = null;
    batch(() => {
      this.data.value = null;
      this.fault.value = null;
      this.isSlow.value = false;
    });
  }
}

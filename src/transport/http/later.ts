/**
 * What is to be done after a while, unless it has become needless: nearly always it has.
 *
 * @module
 */

/** One thing to be done. */
export interface Errand {
  readonly act: () => void;
  /** Monotonic milliseconds. */
  readonly dueAt: number;
}

/**
 * Many errands with one delay, for one timer: they come due in the order in which they were given, and
 * most are taken back before.
 */
export class Later {
  readonly #delayMs: number;
  readonly #errands = new Set<Errand>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Has something done after the delay. */
  add(act: () => void): Errand {
    const errand = { act, dueAt: performance.now() + this.#delayMs };
    this.#errands.add(errand);
    if (this.#timer === undefined) this.#arm(this.#delayMs);
    return errand;
  }

  /** Takes an errand back. */
  cancel(errand: Errand): void {
    this.#errands.delete(errand);
  }

  /** Does nothing of it any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#errands.clear();
  }

  #arm(waitMs: number): void {
    this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const errand of this.#errands) {
      if (errand.dueAt > now) return this.#arm(errand.dueAt - now + 1);
      this.#errands.delete(errand);
      errand.act();
    }
  }
}

/**
 * What is to be done after a while, unless it has become needless: nearly always it has.
 *
 * @module
 */

import { Chain, type Link } from "./chain.ts";

/** One thing that waits. */
export interface Errand<Item> extends Link<Errand<Item>> {
  /** Null once it is done, or needless. */
  item: Item | null;
  /** Monotonic milliseconds. */
  readonly dueAt: number;
}

/**
 * Many things with one delay, for one timer: they come due in the order in which they were given, and
 * most are taken back before. They are items and not functions, since V8 keeps what a function has
 * closed over for longer than it is needed.
 */
export class Later<Item> {
  readonly #delayMs: number;
  readonly #act: (item: Item) => void;
  readonly #errands = new Chain<Errand<Item>>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param act Called with an item, after the delay. */
  constructor(delayMs: number, act: (item: Item) => void) {
    this.#delayMs = delayMs;
    this.#act = act;
  }

  add(item: Item): Errand<Item> {
    const dueAt = performance.now() + this.#delayMs;
    const errand: Errand<Item> = { item, dueAt, before: null, after: null };
    this.#errands.add(errand);
    if (this.#timer === undefined) this.#arm(this.#delayMs);
    return errand;
  }

  /** Takes an errand back. */
  cancel(errand: Errand<Item>): void {
    this.#errands.remove(errand);
    errand.item = null;
  }

  /** Does nothing of it any more. */
  stop(): void {
    clearTimeout(this.#timer);
    for (const errand of this.#errands.all()) this.cancel(errand);
  }

  #arm(waitMs: number): void {
    this.#timer = setTimeout(() => this.#run(), waitMs);
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let errand; (errand = this.#errands.first) !== null;) {
      if (errand.dueAt > now) return this.#arm(errand.dueAt - now + 1);
      const { item } = errand;
      this.cancel(errand);
      this.#act(item!);
    }
  }
}

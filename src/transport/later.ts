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
  /** The turn of the timer in which it comes due. */
  readonly dueTurn: number;
}

/** Turns of the timer in one delay: how much too late something may be done. */
const TURNS = 4;

/**
 * Many things with one delay, for one timer: they come due in the order in which they were given, up to
 * a quarter later than asked, and most are taken back before. Nobody looks at the clock: that would cost
 * more than all the rest. They are items and not functions, since V8 keeps what a function has
 * closed over for longer than it is needed.
 */
export class Later<Item> {
  readonly #delayMs: number;
  readonly #act: (item: Item) => void;
  readonly #errands = new Chain<Errand<Item>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** @param act Called with an item, after the delay. */
  constructor(delayMs: number, act: (item: Item) => void) {
    this.#delayMs = delayMs;
    this.#act = act;
  }

  add(item: Item): Errand<Item> {
    const errand = { item, dueTurn: this.#turn + TURNS + 1, before: null, after: null };
    this.#errands.add(errand);
    if (this.#timer === undefined) this.#arm();
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

  #arm(): void {
    this.#timer = setTimeout(() => this.#run(), this.#delayMs / TURNS);
  }

  #run(): void {
    this.#timer = undefined;
    this.#turn++;
    for (let errand; (errand = this.#errands.first) !== null;) {
      if (errand.dueTurn > this.#turn) return this.#arm();
      const { item } = errand;
      this.cancel(errand);
      this.#act(item!);
    }
  }
}

/**
 * Turns of the sessions of one process: one text is dealt with at a time.
 *
 * @module
 */

/**
 * Keeps a hold from being settled in the middle of something: texts that are taken up again share a
 * scanner, and what was seen of requests a moment ago has to be true still.
 */
export class Turns {
  #depth = 0;
  readonly #waiting: (() => void)[] = [];

  /** Begins a turn. Whoever begins one ends it, whatever happens. */
  begin(): void {
    this.#depth++;
  }

  /** Ends a turn; whatever was put off meanwhile is done now. */
  end(): void {
    try {
      if (this.#depth === 1 && this.#waiting.length > 0) this.#catchUp();
    } finally {
      this.#depth--;
    }
  }

  /** Does something in a turn of its own: now, or when the one that has begun is over. */
  take(act: () => void): void {
    this.#waiting.push(act);
    this.begin();
    this.end();
  }

  #catchUp(): void {
    for (let act = this.#waiting.shift(); act !== undefined; act = this.#waiting.shift()) act();
  }
}

/**
 * Who may ask: whoever has the key, or a ticket that was given to someone who has it.
 *
 * @module
 */

import { isSameSecret } from "../same_secret.ts";

/** Bounds of signing in. Times in milliseconds. */
export const SIGN_IN_BOUNDS = Object.freeze({
  /** Wrong keys that are answered at once; each further one waits, … */
  freeGuesses: 5,
  /** … this long for each that went before it, … */
  guessMs: 50,
  /** … at most this long, … */
  maxWaitMs: 2000,
  /** … and is forgotten after this long without another. */
  forgetMs: 60_000,
  /** Wrong keys that may wait; those beyond are refused at once. */
  waiting: 100,
  /** How long a ticket is good for, … */
  ticketMs: 30_000,
  /** … and how many may be out. */
  tickets: 1000,
});

/** Compares keys, slows down whoever guesses, and gives out tickets. */
export class SignIn {
  readonly #key: string;
  readonly #now: () => number;
  #wrong = 0;
  #lastWrongAt = -Infinity;
  #waiting = 0;
  /** Tickets that were not used yet, and when each ends. */
  readonly #tickets = new Map<string, number>();

  /** @param now Monotonic milliseconds. */
  constructor(key: string, now: () => number = () => performance.now()) {
    this.#key = key;
    this.#now = now;
  }

  /** Whether `word` is the key; takes the same time for each that is not. */
  isKey(word: string): boolean {
    return isSameSecret(word, this.#key);
  }

  /** Makes a ticket that lets one WebSocket in. */
  ticket(): string {
    const now = this.#now();
    for (const [ticket, end] of this.#tickets) {
      if (end > now && this.#tickets.size < SIGN_IN_BOUNDS.tickets) break;
      this.#tickets.delete(ticket);
    }
    const ticket = crypto.randomUUID();
    this.#tickets.set(ticket, now + SIGN_IN_BOUNDS.ticketMs);
    return ticket;
  }

  /** Takes a ticket: it is good once. */
  useTicket(ticket: string): boolean {
    const end = this.#tickets.get(ticket);
    return this.#tickets.delete(ticket) && end! > this.#now();
  }

  /**
   * Waits as long as a wrong key has to, which is longer the more of them came.
   *
   * @returns Whether it may be answered at all: not when very many wait.
   */
  async slowDown(): Promise<boolean> {
    const { freeGuesses, guessMs, maxWaitMs, forgetMs, waiting } = SIGN_IN_BOUNDS;
    const now = this.#now();
    if (now - this.#lastWrongAt > forgetMs) this.#wrong = 0;
    this.#lastWrongAt = now;
    const waitMs = Math.min(maxWaitMs, guessMs * Math.max(0, ++this.#wrong - freeGuesses));
    if (waitMs === 0) return true;
    if (this.#waiting >= waiting) return false;
    this.#waiting++;
    await new Promise((done) => setTimeout(done, waitMs));
    this.#waiting--;
    return true;
  }
}

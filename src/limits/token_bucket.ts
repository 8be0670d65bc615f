/**
 * A token bucket: so many calls at once, refilled evenly over a window. Time is read, not scheduled.
 *
 * @module
 */

import type { Tokens } from "./tokens.ts";

/** So many calls in so long. */
export interface Limit {
  /** Calls that may come at once; the bucket's capacity. */
  readonly maxCalls: number;
  /** Milliseconds in which an empty bucket fills up. */
  readonly windowMs: number;
}

/**
 * One bucket. It starts full.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const bucket = new TokenBucket({ maxCalls: 1, windowMs: 1000 }, 0);
 * assert.equal(bucket.take(0), undefined);
 * assert.equal(bucket.take(400), 600);
 * assert.equal(bucket.take(1000), undefined);
 * ```
 */
export class TokenBucket implements Tokens {
  #limit: Limit;
  #tokens: number;
  #readAt: number;

  /** @param now Monotonic milliseconds. */
  constructor(limit: Limit, now: number) {
    this.#limit = limit;
    this.#tokens = limit.maxCalls;
    this.#readAt = now;
  }

  /**
   * Takes a token, if there is one.
   *
   * @returns undefined when it was taken; else the milliseconds until there is one.
   */
  take(now: number): number | undefined {
    this.#refill(now);
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return undefined;
    }
    return (1 - this.#tokens) * this.#limit.windowMs / this.#limit.maxCalls;
  }

  /** Puts back a token whose call was not made after all. */
  giveBack(): void {
    this.#tokens = Math.min(this.#limit.maxCalls, this.#tokens + 1);
  }

  /** Never called: here all is known. */
  whenKnown(): void {}

  /** Whether nothing is spent: such a bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens === this.#limit.maxCalls;
  }

  /** Tokens that there are, with fractions. */
  tokensAt(now: number): number {
    this.#refill(now);
    return this.#tokens;
  }

  /** A bucket that is as full as this one, to try what would come of it. */
  copy(): TokenBucket {
    const copy = new TokenBucket(this.#limit, this.#readAt);
    copy.#tokens = this.#tokens;
    return copy;
  }

  /** Changes the limit at once; the share that is spent stays spent. */
  resize(limit: Limit, now: number): void {
    if (limit.maxCalls === this.#limit.maxCalls && limit.windowMs === this.#limit.windowMs) return;
    this.#refill(now);
    this.#tokens *= limit.maxCalls / this.#limit.maxCalls;
    this.#limit = limit;
  }

  #refill(now: number): void {
    const { maxCalls, windowMs } = this.#limit;
    const gained = Math.max(0, now - this.#readAt) * maxCalls / windowMs;
    this.#tokens = Math.min(maxCalls, this.#tokens + gained);
    this.#readAt = now;
  }
}

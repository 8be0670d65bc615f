/**
 * Buckets by a name that the agent chooses, in bounded memory.
 *
 * @module
 */

import { type Limit, TokenBucket } from "./token_bucket.ts";

/** Names that have a bucket of their own; further ones share one. */
export const MAX_BUCKETS = 4096;

/**
 * One bucket a name. When there are too many, buckets with nothing spent are forgotten, which changes
 * nothing; if there is none, new names share one bucket, so that inventing names wins nothing.
 */
export class BucketMap {
  readonly #buckets = new Map<string, TokenBucket>();
  #shared: TokenBucket | undefined;
  #limit: Limit;

  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /** Finds or makes the bucket of `name`. */
  of(name: string, now: number): TokenBucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
    if (this.#buckets.size >= MAX_BUCKETS) {
      return this.#shared ??= new TokenBucket(this.#limit, now);
    }
    const bucket = new TokenBucket(this.#limit, now);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #forgetFull(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(name);
    }
  }
}

/**
 * Buckets by a name that the agent chooses, in bounded memory.
 *
 * @module
 */

/** Names that have a bucket of their own; further ones share one. */
export const MAX_BUCKETS = 4096;

/** What a bucket has to tell, to be forgotten. */
export interface Forgettable {
  /** Whether nothing is spent: such a bucket is as good as a new one. */
  isFull(now: number): boolean;
}

/**
 * One bucket a name. When there are too many, buckets with nothing spent are forgotten, which changes
 * nothing; if there is none, new names share one bucket, so that inventing names wins nothing.
 */
export class BucketMap<Bucket extends Forgettable> {
  readonly #buckets = new Map<string, Bucket>();
  #shared: Bucket | undefined;
  readonly #make: (name: string, now: number) => Bucket;

  /** @param make Makes the bucket of a name; of the empty one for all that share. */
  constructor(make: (name: string, now: number) => Bucket) {
    this.#make = make;
  }

  /** Finds or makes the bucket of `name`. */
  of(name: string, now: number): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    if (this.#buckets.size >= MAX_BUCKETS) this.#forgetFull(now);
    if (this.#buckets.size >= MAX_BUCKETS) {
      return this.#shared ??= this.#make("", now);
    }
    const bucket = this.#make(name, now);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #forgetFull(now: number): void {
    for (const [name, bucket] of this.#buckets) {
      if (bucket.isFull(now)) this.#buckets.delete(name);
    }
  }
}

/**
 * Buckets of latencies: ten a decade, among them every edge of the original's histogram, so that one
 * set serves percentiles, the page and Prometheus.
 *
 * @module
 */

/** The upper edges within a decade. */
const MANTISSAS: readonly number[] = Object.freeze([1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8]);
/** From 1 µs to 800 s; the last bucket holds all that is longer. */
const DECADES = 9;

/** The upper edge of each bucket, in microseconds; a bucket holds what is at most that. */
export const BUCKET_EDGES_US: readonly number[] = Object.freeze(
  Array.from({ length: DECADES }, (_, decade) => MANTISSAS.map((m) => m * 10 ** decade)).flat(),
);

/** The bucket of a latency: the first whose edge is not below it. */
export function bucketOf(us: number): number {
  let low = 0, high = BUCKET_EDGES_US.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (BUCKET_EDGES_US[middle]! < us) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A quantile in milliseconds, as close as the buckets tell: within one, latencies count as spread
 * evenly. Null when there are none.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(quantileMs(new Map([[bucketOf(5000), 10]]), 1), 5);
 * assert.equal(quantileMs(new Map(), 0.5), null);
 * ```
 */
export function quantileMs(counts: ReadonlyMap<number, number>, quantile: number): number | null {
  const buckets = [...counts].filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  const total = buckets.reduce((sum, [, count]) => sum + count, 0);
  let left = quantile * total;
  for (const [bucket, count] of buckets) {
    if (left > count) {
      left -= count;
      continue;
    }
    const from = BUCKET_EDGES_US[bucket - 1] ?? 0, to = BUCKET_EDGES_US[bucket] ?? from;
    return Math.round(from + (to - from) * left / count) / 1000;
  }
  return null;
}

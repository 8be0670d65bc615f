/**
 * Calls and latencies counted by steps of time, as lines.
 *
 * @module
 */

import { quantileMs } from "./latency_buckets.ts";
import { resultOf } from "./stats_queries.ts";

/** What became of calls. */
export interface CallCounts {
  calls: number;
  /** Denied and limited. */
  denied: number;
  errors: number;
}

/** Counts `n` calls of a kind. */
export function countCalls(counts: CallCounts, kind: string, n: number): void {
  counts.calls += n;
  const result = resultOf(kind);
  if (result === "denied") counts.denied += n;
  else if (result === "failed") counts.errors += n;
}

/** Lines over time: one value for each step, all of the same length. */
export interface WindowLines {
  /** Beginnings of the steps, in seconds since the epoch. */
  readonly at: readonly number[];
  readonly calls: readonly number[];
  readonly denied: readonly number[];
  readonly errors: readonly number[];
  /** Null where no call has ended. */
  readonly p50_ms: readonly (number | null)[];
  readonly p95_ms: readonly (number | null)[];
}

/** Steps of the same length; what lies outside of them is not counted. */
export class SteppedCalls {
  readonly #from: number;
  readonly #stepS: number;
  readonly #counts: CallCounts[];
  readonly #latencies: Map<number, number>[];

  /** @param from Beginning of the first step, in seconds since the epoch. */
  constructor(from: number, stepS: number, length: number) {
    this.#from = from;
    this.#stepS = stepS;
    this.#counts = Array.from({ length }, () => ({ calls: 0, denied: 0, errors: 0 }));
    this.#latencies = Array.from({ length }, () => new Map());
  }

  /** Counts `n` calls of a kind at a time. */
  add(at: unknown, kind: unknown, n: unknown): void {
    const counts = this.#counts[this.#stepAt(at)];
    if (counts !== undefined) countCalls(counts, String(kind), Number(n));
  }

  /** Counts `n` latencies of a bucket at a time. */
  addLatency(at: unknown, bucket: number, n: number): void {
    const latencies = this.#latencies[this.#stepAt(at)];
    latencies?.set(bucket, (latencies.get(bucket) ?? 0) + n);
  }

  /** The lines. */
  lines(): WindowLines {
    return {
      at: this.#counts.map((_, step) => this.#from + step * this.#stepS),
      calls: this.#counts.map(({ calls }) => calls),
      denied: this.#counts.map(({ denied }) => denied),
      errors: this.#counts.map(({ errors }) => errors),
      p50_ms: this.quantile(0.5),
      p95_ms: this.quantile(0.95),
    };
  }

  /** The line of one quantile, in milliseconds. */
  quantile(quantile: number): (number | null)[] {
    return this.#latencies.map((counts) => quantileMs(counts, quantile));
  }

  #stepAt(at: unknown): number {
    return Math.floor((Number(at) - this.#from) / this.#stepS);
  }
}

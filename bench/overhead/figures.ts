/**
 * What a run measures, and how many runs become one figure.
 *
 * @module
 */

/** The figures of one run; null where there is nothing to measure. */
export interface Figures {
  /** From the start of the process to the answer to the first call, in ms. */
  readonly firstAnswerMs: number;
  /** Round trips of calls made one by one, in µs. */
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  /** Answers a second with many calls in flight. */
  readonly callsPerSecond: number;
  /** User and system time of the gateway for 1,000 calls made one by one, in ms. */
  readonly cpuMsOneByOne: number | null;
  /** The same with many calls in flight. */
  readonly cpuMsInFlight: number | null;
  /** Resident memory of the gateway at its highest, in MB. */
  readonly memoryMb: number | null;
  /** How many round trips, and how many calls in flight, the figures come from. */
  readonly callsOneByOne: number;
  readonly callsInFlight: number;
}

/** A share of sorted values, by nearest rank. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

/** The middle one; of an even number, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Each figure's median over the rounds. */
export function medians(rounds: readonly Figures[]): Figures {
  const keys = Object.keys(rounds[0]!) as (keyof Figures)[];
  const of = (key: keyof Figures) => {
    const values = rounds.map((round) => round[key]);
    return values.includes(null) ? null : median(values as number[]);
  };
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as unknown as Figures;
}

/** The median, over the rounds, of what a contestant's p50 is of another's in the same round. */
export function ratio(rounds: readonly Figures[], base: readonly Figures[]): number {
  return median(rounds.map((round, i) => round.p50Us / base[i]!.p50Us));
}

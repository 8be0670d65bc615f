/**
 * What is sent, and for how long.
 *
 * @module
 */

/** A size of payload. */
export interface Payload {
  readonly name: string;
  /** Bytes on the wire, in the request and again in the answer. */
  readonly bytes: number;
  /** Calls in flight when there are to be many. */
  readonly window: number;
}

/** The sizes that are measured. */
export const PAYLOADS: readonly Payload[] = Object.freeze([
  { name: "50 B", bytes: 50, window: 64 },
  { name: "1 KB", bytes: 1000, window: 64 },
  { name: "50 KB", bytes: 50_000, window: 64 },
  { name: "1 MB", bytes: 1_000_000, window: 4 },
]);

/** A phase ends with so many calls or after so long, whichever comes first. */
export interface Phase {
  readonly calls: number;
  readonly ms: number;
}

/** The phases of a run. */
export interface Plan {
  readonly warmUp: Phase;
  readonly oneByOne: Phase;
  readonly inFlight: Phase;
}

/** For figures to keep. */
export const FULL: Plan = Object.freeze({
  warmUp: { calls: 5000, ms: 1000 },
  oneByOne: { calls: 20_000, ms: 2000 },
  inFlight: { calls: 200_000, ms: 1500 },
});

/** To see that everything works. */
export const QUICK: Plan = Object.freeze({
  warmUp: { calls: 200, ms: 200 },
  oneByOne: { calls: 300, ms: 200 },
  inFlight: { calls: 300, ms: 200 },
});

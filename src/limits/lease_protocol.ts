/**
 * The messages between a gateway's limits, on the thread of its line, and whoever asks the store that
 * all gateways share. Plain data: they may pass between threads.
 *
 * @module
 */

/** What one limit asks for and reports, in one message. */
export interface LeaseRequest {
  /** `KIND:NAME`; the name may be one that agents choose. */
  readonly key: string;
  readonly maxCalls: number;
  readonly windowMs: number;
  /** Tokens wanted; 0 for a report alone. */
  readonly want: number;
  /** Leased tokens that were not used. */
  readonly back: number;
  /** Calls that were let through without a token, while nobody could be asked. */
  readonly alone: number;
}

/** Answer to a {@link LeaseRequest}. */
export interface LeaseGrant {
  readonly key: string;
  readonly granted: number;
  /** Milliseconds until there is one more; 0 when all that was wanted was granted. */
  readonly waitMs: number;
}

/** From the line. */
export type ToStore =
  | { readonly type: "lease"; readonly request: LeaseRequest }
  /** Nothing follows. */
  | { readonly type: "close" };

/** To the line. */
export type FromStore =
  | { readonly type: "granted"; readonly grants: readonly LeaseGrant[] }
  /** What was asked will not be answered; nor will anything until `back`. */
  | { readonly type: "outage" }
  | { readonly type: "back" }
  /** Time to give back what has expired. */
  | { readonly type: "tick" };

const LONGEST_LEASE_MS = 1000;
const SHORTEST_LEASE_MS = 250;

/**
 * Milliseconds for which tokens of a limit are leased. Tokens that are on lease still fill the bucket
 * that they come from, so a lease is short beside the limit's window.
 */
export function leaseMs(windowMs: number): number {
  return Math.max(SHORTEST_LEASE_MS, Math.min(LONGEST_LEASE_MS, windowMs / 20));
}

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

/** What a gateway has to say of a circuit. */
export type CircuitReport =
  /** It is open, for so many milliseconds. */
  | { readonly event: "opened"; readonly circuit: string; readonly forMs: number }
  | { readonly event: "closed"; readonly circuit: string }
  /** May we probe, for so many milliseconds? A `probe` answers. */
  | { readonly event: "probe"; readonly circuit: string; readonly forMs: number }
  /** The probe was not made after all. */
  | { readonly event: "released"; readonly circuit: string };

/** From the line. */
export type ToStore =
  | { readonly type: "lease"; readonly request: LeaseRequest }
  | { readonly type: "circuit"; readonly report: CircuitReport }
  /** Nothing follows. */
  | { readonly type: "close" };

/** To the line. */
export type FromStore =
  | { readonly type: "granted"; readonly grants: readonly LeaseGrant[] }
  /** What was asked will not be answered; nor will anything until `back`. */
  | { readonly type: "outage" }
  /** Another gateway has opened a circuit, for so many milliseconds, or closed it: null. */
  | { readonly type: "circuit"; readonly circuit: string; readonly openMs: number | null }
  /** Whether we probe; if not, another one does for so many milliseconds. */
  | {
    readonly type: "probe";
    readonly circuit: string;
    readonly isOurs: boolean;
    readonly forMs: number;
  }
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

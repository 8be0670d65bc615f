/**
 * Counting for Prometheus: the line notes what ended, and somebody else adds it up.
 *
 * @module
 */

import type { Outcome } from "../session/call.ts";
import type { CallRecord, Tap } from "../session/record.ts";

/** Calls that are noted before they are handed over, … */
const HANDED_OVER = 256;
/** … and, while nobody takes them, kept: a tap must not fill the memory. */
const KEPT = 100_000;

/** The words of the original's `status` label. */
export type MeteredStatus = "success" | "error" | "denied" | "rate_limited" | "circuit_open";

/** A call that has ended. */
export interface MeteredCall {
  readonly tool: string;
  readonly status: MeteredStatus;
  /** The rule, limit or stage that refused it. */
  readonly hit: string | null;
  /** Null for a call that did not go on. */
  readonly latencyMs: number | null;
}

/** What is true now, and what is counted elsewhere. */
export interface MeteredState {
  /** Calls in flight. */
  readonly open: number;
  readonly auditQueueBytes: number;
  readonly unrecordedCalls: number;
  readonly policyReloads: number;
  readonly failedPolicyReloads: number;
  /** Tools whose circuit is not closed. */
  readonly circuits: readonly (readonly [tool: string, state: "open" | "half_open"])[];
  /** Whether shared limits cannot be reached; null where limits are not shared. */
  readonly limitsAreOut: boolean | null;
}

/** Notes calls, and hands them over many at a time. */
export class CallMeter {
  /** Calls that have begun and not ended. */
  open = 0;
  #calls: MeteredCall[] = [];
  readonly #handOver: (calls: readonly MeteredCall[]) => void;

  /** @param handOver Takes calls; may be on its way to another thread. */
  constructor(handOver: (calls: readonly MeteredCall[]) => void) {
    this.#handOver = handOver;
  }

  /** To be given to a session. */
  readonly tap: Tap = (event) => {
    if (event.type === "call_started") this.open++;
    else if (event.type === "call_ended") {
      this.open--;
      this.#calls.push(meteredOf(event.record));
      if (this.#calls.length >= HANDED_OVER) this.flush();
    }
  };

  /** Hands over what was noted. */
  flush(): void {
    if (this.#calls.length === 0) return;
    const calls = this.#calls.slice(-KEPT);
    this.#calls = [];
    this.#handOver(calls);
  }
}

function meteredOf({ tool, outcome, policyHit, forwarded, latencyMs }: CallRecord): MeteredCall {
  return {
    tool,
    status: statusOf(outcome),
    hit: policyHit,
    latencyMs: forwarded ? latencyMs : null,
  };
}

function statusOf(outcome: Outcome): MeteredStatus {
  switch (outcome) {
    case "ok":
    case "task":
    case "open":
    case "cancelled":
      return "success";
    case "denied":
    case "malformed":
      return "denied";
    case "rate_limited":
    case "circuit_open":
      return outcome;
    default:
      return "error";
  }
}

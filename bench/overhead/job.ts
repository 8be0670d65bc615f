/**
 * What the bench tells its client to do, and what comes back.
 *
 * @module
 */

import type { Figures } from "./figures.ts";
import type { Payload, Plan } from "./payloads.ts";

/** One run: JSON, the only argument of `client.ts`. */
export interface Job {
  /** The whole command: the gateway's and, at its end, the server's. */
  readonly command: readonly [string, ...string[]];
  /** The server's alone; the process that was started by it is not the gateway's. */
  readonly server: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** The file that takes what the contestant writes to stderr. */
  readonly stderr: string;
  readonly payload: Payload;
  readonly plan: Plan;
  /** A call before all others that shows whether a policy is in force. */
  readonly proof?: Proof;
}

/** What has to become of a call with this message. */
export interface Proof {
  readonly message: string;
  readonly outcome: "refused" | "redacted";
}

/** How a run ended: JSON, all that `client.ts` writes to stdout. */
export type Report =
  | { readonly figures: Figures; readonly callsSent: number }
  | { readonly failure: string };

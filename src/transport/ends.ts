/**
 * What every transport is given beside its two ends.
 *
 * @module
 */

import type { Refusal } from "../session/pipeline.ts";
import type { Session } from "../session/session.ts";

/** Bytes of one read. */
export const READ_BYTES: number = 64 * 1024;
/** Bytes waiting for the server beyond which it is not told what is wrong with its requests. */
export const MAX_REPLIES_BYTES: number = 1024 * 1024;

/** The session whose bytes are moved, and what may hold them back. */
export interface TransportOptions {
  readonly session: Session;
  /** Waits for what must have happened before requests are forwarded, or says why they are not. */
  readonly beforeForward?: () => Promise<Refusal | undefined>;
  /** What must have happened before more is read; undefined for nothing. */
  readonly beforeRead: () => Promise<void> | undefined;
}

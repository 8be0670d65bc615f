/**
 * The port of transports: what moves bytes between an agent, a session and a server.
 *
 * @module
 */

import type { SessionContext } from "../session/context.ts";
import type { Session } from "../session/session.ts";

/** Bytes of one read. */
export const READ_BYTES: number = 64 * 1024;

/** End of a server. */
export interface Exit {
  /** The exit code, or 128 + the signal's number. */
  readonly code: number;
  /** Words for a log or a record: `exit code 3`, `SIGKILL`. */
  readonly detail: string;
}

/** End of a session. */
export interface Ending extends Exit {
  /** Bytes that the agent did not take. */
  readonly undelivered: number;
}

/** Moves the bytes of one session, from {@link run} to its end. */
export interface Transport {
  /**
   * Moves bytes until the server has ended and all it said is delivered.
   *
   * @throws what went wrong inside; then the server was stopped.
   */
  run(): Promise<Ending>;
  /** Passes a signal on to the server, which ends the session one way or the other. */
  stop(signal: Deno.Signal): void;
  /** Says something of the gateway's own to the agent: JSON text of one message. */
  tellAgent(json: string): void;
}

/** Options of every transport, besides its two ends. */
export interface TransportOptions {
  readonly session: Session;
  readonly context: SessionContext;
  /** Gives what must have happened before more is read; undefined for nothing. */
  readonly beforeRead: () => Promise<void> | undefined;
}

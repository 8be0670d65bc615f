/**
 * A call: one `tools/call`, from its request to its one end, and the events that tell of it.
 *
 * @module
 */

import type { Message } from "../wire/message.ts";

/** How a call ended (`open` while it has not). One word more than the four of {@link Status}. */
export type Outcome =
  | "open"
  | "ok"
  | "error"
  | "tool_error"
  | "denied"
  | "rate_limited"
  | "circuit_open"
  | "cancelled"
  | "timed_out"
  | "server_gone"
  | "agent_gone"
  | "malformed"
  | "task"
  | "unknown";

/** The `status` column: the four words that AgentGate has always used. */
export type Status = "allowed" | "denied" | "error" | "rate_limited";

/** Who is calling, as far as the messages have told. */
export interface Peer {
  /** `clientInfo.name`, from `initialize` or the request's `_meta`; null until known. */
  agentName: string | null;
  /** `clientInfo.version`. */
  agentVersion: string | null;
  /** The protocol version in force: negotiated by `initialize`, or the request's own. */
  protocolVersion: string | null;
}

/** One `tools/call`. The fields above the line are set at its start, those below at its end. */
export interface Call {
  /** UUIDv7: the key of the audit row. */
  readonly id: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Monotonic clock, milliseconds. */
  readonly startedMono: number;
  /** The JSON-RPC id; null for a refused message whose id could not be read. */
  requestId: string | number | null;
  /** The JSON-RPC method; `tools/call` in all that is forwarded. */
  readonly method: string;
  /** `params.name`, or `unknown` for a refused message that has none. */
  readonly tool: string;
  /** {@link tool} as it may be stored and shown. */
  label: string;
  /** A copy of what was known of the agent when the call began. */
  peer: Readonly<Peer>;
  /**
   * The JSON text of `params.arguments`, null when absent. A view of the transport's buffer: valid
   * only while the `call_started` event is delivered; copy what you keep.
   */
  arguments: Uint8Array | null;
  /** Bytes of the whole request line. */
  readonly requestBytes: number;

  /** Whether it went on to the server. */
  forwarded: boolean;
  /** How many stages have let it through and were not told of its end: the pipeline's. */
  stagesPassed: number;
  /** The `code` of the error that the server answered with, or null. */
  errorCode: number | null;
  /** How it ended; `open` until then. */
  outcome: Outcome;
  /** The rule or limit that refused it, or null. */
  policyHit: string | null;
  /** A few words on the outcome (an error's code and message, a signal), or null. */
  detail: string | null;
  /** JSON text of `result`, null when there is none. A view, valid only during `call_ended`. */
  result: Uint8Array | null;
  /** Bytes of the whole answer line; null when no answer came. */
  resultBytes: number | null;
  /** Milliseconds, with fractions, from request to end; null until then. */
  latencyMs: number | null;
  /** Ids of the shadow rules that would have changed it; absent for none. */
  shadowHits?: readonly string[];
}

/** Which way a message walks. */
export type Direction = "to_server" | "to_agent";

/**
 * What a session tells its taps.
 *
 * `call_started` and `call_ended` come exactly once for a call, in this order (a call refused at
 * once has both); `call_amended` follows `call_ended` when a task's result passes by later.
 */
export type SessionEvent =
  | { readonly type: "call_started" | "call_ended" | "call_amended"; readonly call: Call }
  | {
    readonly type: "message_refused";
    readonly direction: Direction;
    readonly reason: string;
    /** The line, or its beginning, when it was not read as a message: a view, as above. */
    readonly line: Uint8Array | null;
  }
  /** Every message that passes, while the session traces. */
  | { readonly type: "message"; readonly direction: Direction; readonly message: Message };

/** An observer at the side of the line. It must not throw; one that does costs a log line. */
export type Tap = (event: SessionEvent) => void;

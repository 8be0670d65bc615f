/**
 * Records of calls, for whoever observes the line from the side.
 *
 * @module
 */

import type { Message } from "../wire/message.ts";
import type { Call, ClientInfo, Direction, Outcome, PolicyFacts } from "./call.ts";
import { NO_CLIENT_INFO } from "./client_info.ts";
import type { ListedTool } from "./facts.ts";

/**
 * A call as taps see it: frozen, and with everything redacted that the policy redacts.
 *
 * The payloads are views of the line's buffers, valid while the tap runs: copy what you keep.
 */
export interface CallRecord {
  /** UUIDv7: the key of the audit row, the same in every record of the call. */
  readonly id: string;
  /** Wall clock, milliseconds since the epoch. */
  readonly startedAt: number;
  /** Monotonic clock of the gateway, milliseconds. */
  readonly startedMono: number;
  /** The JSON-RPC id; null for a refused message whose id could not be read. */
  readonly requestId: string | number | null;
  /** The JSON-RPC method; `tools/call` in all that is forwarded. */
  readonly method: string;
  readonly tool: string;
  readonly client: ClientInfo;
  /** JSON text of `params.arguments`; null when absent, and in all records but the first. */
  readonly arguments: Uint8Array | null;
  /** Bytes of the whole request. */
  readonly requestBytes: number;
  /** Whether it has gone on to the server. */
  readonly forwarded: boolean;
  readonly outcome: Outcome;
  readonly policyHit: string | null;
  readonly detail: string | null;
  /** JSON text of `result`; null when there is none. */
  readonly result: Uint8Array | null;
  /** The `code` of the error that the server answered with, or its HTTP status; or null. */
  readonly errorCode: number | null;
  /** Bytes of the whole answer; null when no answer came. */
  readonly resultBytes: number | null;
  /** Milliseconds, with fractions, from request to end; null until then. */
  readonly latencyMs: number | null;
  /** Acts of shadow rules, had they been in force: `would_deny:<id>` and the like. */
  readonly shadowHits: readonly string[];
  /** What the policy decided, and what it knew; null where it was not asked. */
  readonly policy: PolicyFacts | null;
  /**
   * Places that redacting has changed in this record: JSON pointers into `arguments`, `#agent`,
   * `#tool`; `*` for all of it.
   */
  readonly masked: readonly string[];
}

/** A record before it is frozen: stages that redact write into it. */
export type RecordDraft = { -readonly [Field in keyof CallRecord]: CallRecord[Field] };

/** Payloads of a record: views. */
export interface Payloads {
  readonly arguments?: Uint8Array | null;
  readonly result?: Uint8Array | null;
}

/** The record of a call as it stands now, not redacted yet. */
export function draftOf(
  call: Call,
  { arguments: args = null, result = null }: Payloads,
): RecordDraft {
  const { end } = call;
  return {
    id: call.id,
    startedAt: call.startedAt,
    startedMono: call.startedMono,
    requestId: call.requestId,
    method: call.method,
    tool: call.tool,
    client: call.client,
    arguments: args,
    requestBytes: call.requestBytes,
    forwarded: call.forwarded,
    outcome: end === null ? "open" : end.outcome,
    policyHit: end === null ? null : end.policyHit,
    detail: end === null ? null : end.detail,
    result,
    errorCode: end === null ? null : end.errorCode,
    resultBytes: end === null ? null : end.resultBytes,
    latencyMs: end === null ? null : end.latencyMs,
    shadowHits: call.shadowHits,
    policy: call.policy,
    masked: NOTHING_MASKED,
  };
}

const NOTHING_MASKED: readonly string[] = Object.freeze([]);

/** Takes out of a record all that came from outside: what could not be redacted is not shown. */
export function blank(draft: RecordDraft): void {
  draft.arguments = null;
  draft.result = null;
  draft.detail = null;
  draft.errorCode = null;
  draft.tool = "unknown";
  draft.requestId = null;
  draft.client = NO_CLIENT_INFO;
  if (draft.policy !== null) draft.policy = { ...draft.policy, paths: undefined };
  draft.masked = EVERYTHING_MASKED;
}

const EVERYTHING_MASKED: readonly string[] = Object.freeze(["*"]);

/** Identity of a call: the same object in all that is told of it. It says nothing itself. */
export type CallHandle = object;

/** A record, and the call that it is of. */
export interface CallReport {
  readonly record: CallRecord;
  readonly handle: CallHandle;
}

/**
 * Event that a session tells its taps.
 *
 * `call_started` and `call_ended` come exactly once for a call, in this order (a call refused at
 * once has both); `call_amended` follows `call_ended` when a task's result passes by later.
 */
export type SessionEvent =
  | CallReport & { readonly type: "call_started" | "call_ended" | "call_amended" }
  | {
    readonly type: "message_refused";
    readonly direction: Direction;
    readonly reason: string;
    /** The text, or its beginning, when it was not read as a message: a view, as above. */
    readonly line: Uint8Array | null;
  }
  /** The tools that an answer to `tools/list` names, before any was hidden. */
  | { readonly type: "tools_listed"; readonly tools: readonly ListedTool[] }
  /** A line of the server's that is plain text, where messages belong: a view, as above. */
  | { readonly type: "server_printed"; readonly line: Uint8Array }
  /** Every message that passes, while the session traces. */
  | { readonly type: "message"; readonly direction: Direction; readonly message: Message };

/** An observer at the side of the line. It must not throw; one that does costs a log line. */
export type Tap = (event: SessionEvent) => void;

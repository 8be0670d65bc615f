/**
 * A call: one `tools/call`, from its request to its one end.
 *
 * @module
 */

import type { MessageId } from "../wire/message.ts";
import type { PolicyHit } from "./hits.ts";

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

/** The agent, as far as its messages have told. */
export interface ClientInfo {
  /** `clientInfo.name`, from `initialize` or the request's `_meta`; null until known. */
  readonly agentName: string | null;
  /** `clientInfo.version`. */
  readonly agentVersion: string | null;
  /** The protocol version in force: negotiated by `initialize`, or the request's own. */
  readonly protocolVersion: string | null;
}

/** Way that a message walks. */
export type Direction = "to_server" | "to_agent";

/** Reason why a call does not go on, and what the agent is told. */
export interface Refusal {
  readonly outcome: Outcome;
  /** The rule or limit that refused it: the `policy_hit` column. */
  readonly policyHit: PolicyHit | (string & Record<never, never>) | null;
  /** JSON-RPC error code. */
  readonly code: number;
  /** Says that the tool was not executed, and what to do instead. */
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  /** A few words for the record, which the agent is not told. */
  readonly detail?: string;
  /** For a message that calls no tool, and so has no call that they could be noted on. */
  readonly policy?: PolicyFacts;
}

/** What a policy decided on a call, and what it knew of it besides the message. */
export interface PolicyFacts {
  /** `allow:id`, `deny:id`, `rate_limit:id`; the id `default` where no rule decided. */
  readonly decision: string;
  /** Digest of the policy's text; null where nobody has one. */
  readonly digest: string | null;
  /** Calls of the session before this one that a policy was asked about. */
  readonly sessionCalls: number;
  /** Digest of what the server says of the tool, where a rule of the tool asks for it. */
  readonly annotations?: string | undefined;
  /** Whether a part of that was redacted. */
  readonly hasMaskedAnnotations?: boolean;
  /**
   * Where the file system has led texts that were read as paths, if elsewhere than they say; null for
   * a place that is redacted.
   */
  readonly paths?: Readonly<Record<string, string | null>> | undefined;
}

/** End of a call. */
export interface CallEnd {
  readonly outcome: Outcome;
  /** The rule or limit that refused it, or null. */
  readonly policyHit: string | null;
  /** A few words on the outcome (an error's code and message, a signal), or null. */
  readonly detail: string | null;
  /** The `code` of the error that the server answered with, or its HTTP status; or null. */
  readonly errorCode: number | null;
  /** Bytes of the whole answer; null when no answer came. */
  readonly resultBytes: number | null;
  /** Milliseconds, with fractions, from request to end. */
  readonly latencyMs: number;
}

/** Facts of a call that its message tells. */
export interface Asked {
  /** The JSON-RPC id; null for a refused message whose id could not be read. */
  readonly requestId: MessageId | null;
  /** The JSON-RPC method: `tools/call`, but for what is refused and calls no tool. */
  readonly method: string;
  /** `params.name`, or `unknown` for a refused message that has none; the method, if it calls none. */
  readonly tool: string;
  /** Bytes of the whole request. */
  readonly requestBytes: number;
}

/**
 * One `tools/call` on its way, as stages see it: unredacted, and without a view into any buffer.
 * Taps get a `CallRecord` instead.
 */
export class Call implements Asked {
  readonly requestId: MessageId | null;
  readonly method: string;
  readonly tool: string;
  readonly requestBytes: number;
  /** Whether it went on to the server. Set by the session. */
  forwarded = false;
  /**
   * Number of stages that have let it through and were not told of its end. Set by the pipeline.
   */
  stagesPassed = 0;
  /**
   * Whether what comes back for it cannot be told from what comes back for another: then every rule is
   * for it. Set by the session.
   */
  isUncertain = false;
  /** Its end; null until it has come. Set by the tracker of calls. */
  end: CallEnd | null = null;
  /** Set by the policy; null where it was not asked. */
  policy: PolicyFacts | null = null;
  /** What stages keep of it, each by its `CallNote`. */
  readonly notes: unknown[] = [];
  #shadowHits: readonly string[] = NONE;

  /**
   * @param id UUIDv7: the key of the audit row.
   * @param startedAt Wall clock, milliseconds since the epoch.
   * @param startedMono Monotonic clock, milliseconds.
   * @param client What is known of the agent when the call begins.
   */
  constructor(
    readonly id: string,
    readonly startedAt: number,
    readonly startedMono: number,
    readonly client: ClientInfo,
    { requestId, method, tool, requestBytes }: Asked,
  ) {
    this.requestId = requestId;
    this.method = method;
    this.tool = tool;
    this.requestBytes = requestBytes;
  }

  /** Acts of shadow rules, had they been in force: `would_deny:<id>` and the like. */
  get shadowHits(): readonly string[] {
    return this.#shadowHits;
  }

  /** Notes what a shadow rule would have done; the same twice counts once. */
  addShadowHits(hits: readonly string[]): void {
    if (hits.length > 0) this.#shadowHits = [...new Set([...this.#shadowHits, ...hits])];
  }
}

const NONE: readonly string[] = Object.freeze([]);

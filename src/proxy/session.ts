/**
 * The line: bytes in from either side, bytes out to either side, events to the taps.
 *
 * @module
 */

import { v7 as uuidv7 } from "uuid";
import { WIRE_CODES } from "../errors.ts";
import { cancelledNotification, errorResponse, toLine } from "./answers.ts";
import type { Call, Direction, Outcome, Peer, SessionEvent, Tap } from "./call.ts";
import { Lane } from "./lane.ts";
import {
  Message,
  type MessageId,
  type NotAMessage,
  readMessage,
  toolNameOf,
  TOOLS_CALL,
} from "./message.ts";
import { NO_PEER, peerOfInitialize, peerOfRequest, versionOfInitialize } from "./peer.ts";
import { Pipeline, type Refusal, type Stage } from "./pipeline.ts";
import { idAtEnd, salvage } from "./salvage.ts";
import * as tasks from "./tasks.ts";

/** Requests of one side that may wait for answers at once. */
export const MAX_OPEN_REQUESTS = 65_536;

const NEWLINE = new Uint8Array([0x0a]);
const encoder = new TextEncoder();
const ARGUMENTS = encoder.encode("arguments"), REQUEST_ID = encoder.encode("requestId");
const MESSAGE = encoder.encode("message"), CODE = encoder.encode("code");

/** What a session is made of. */
export interface SessionOptions {
  /** Longest line that is accepted, in bytes. */
  readonly maxMessageBytes: number;
  /** Milliseconds after which an open call is given up; 0 for never. */
  readonly callTimeoutMs: number;
  readonly stages: readonly Stage[];
  readonly taps: readonly Tap[];
  /** Told of a tap or stage that threw. */
  readonly onFault: (where: string, fault: unknown) => void;
  /** Whether the taps are told of every message (for a debug log). */
  readonly trace?: boolean;
  /** Milliseconds since the epoch. */
  readonly wall?: () => number;
  /** Monotonic milliseconds. */
  readonly mono?: () => number;
}

/**
 * Two ends, one line between them. Synchronous and free of transports:
 *
 * ```
 * agent ── receive("to_server", …) ──► frame → scan → read → stages ──► take("to_server") ── server
 *       ◄── take("to_agent") ────────── the same, backwards ◄── receive("to_agent", …) ──
 * ```
 *
 * What `take` gives may be views of the chunk that was received last in that direction: write it
 * before you receive the next.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #pipeline: Pipeline;
  readonly #tasks = new tasks.TaskLedger();
  readonly #toServer: Lane;
  readonly #toAgent: Lane;
  readonly #wall: () => number;
  readonly #mono: () => number;
  #peer: Readonly<Peer> = NO_PEER;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#pipeline = new Pipeline(options.stages, options.onFault);
    this.#toServer = this.#lane("to_server");
    this.#toAgent = this.#lane("to_agent");
    this.#wall = options.wall ?? Date.now;
    this.#mono = options.mono ?? (() => performance.now());
  }

  /** Takes bytes that came from the agent (`to_server`) or the server (`to_agent`). */
  receive(direction: Direction, chunk: Uint8Array): void {
    this.#laneOf(direction).framer.push(chunk);
  }

  /** The side that `direction` comes from has ended: a line that it began is dropped. */
  end(direction: Direction): void {
    const held = this.#laneOf(direction).framer.heldBytes;
    if (held > 0) this.#tellRefused(direction, "the stream ended inside a line");
  }

  /** All bytes that wait for the end that `direction` leads to; undefined for none. */
  take(direction: Direction): Uint8Array | undefined {
    return this.#laneOf(direction).out.take();
  }

  /** Requests of the agent that the server has not answered. */
  get openRequests(): number {
    return this.#toServer.open.size;
  }

  /** When {@link expire} has to be called next, in monotonic milliseconds; null for never. */
  get nextDeadline(): number | null {
    if (this.#options.callTimeoutMs === 0) return null;
    for (const { call } of this.#toServer.open.values()) {
      if (call !== null) return call.startedMono + this.#options.callTimeoutMs;
    }
    return null;
  }

  /** Gives up the calls that are overdue: both ends are told, a late answer will be dropped. */
  expire(): void {
    const now = this.#mono(), timeout = this.#options.callTimeoutMs;
    if (timeout === 0) return;
    for (const open of this.#toServer.open.values()) {
      if (open.call === null) continue;
      if (open.call.startedMono + timeout > now) break;
      this.#toServer.open.delete(open.id);
      const message = `No answer from the server within ${timeout / 1000} s. The call was ` +
        "cancelled; it may have been executed. Ask the operator before you repeat it.";
      this.#reply(this.#toAgent, [errorResponse(open.id, { code: WIRE_CODES.timeout, message })]);
      this.#toServer.out.add(toLine(cancelledNotification(open.id, "timed out")));
      this.#endCall(open.call, { outcome: "timed_out", policyHit: "timeout" });
    }
  }

  /**
   * Ends every open call, because an end of the line is gone.
   *
   * @param outcome `server_gone` also gives the agent an error for each of its open requests.
   */
  endAll(outcome: "server_gone" | "agent_gone", detail: string): void {
    for (const open of this.#toServer.open.values()) {
      if (outcome === "server_gone") {
        const message = `The server ended before it answered (${detail}). The request may have ` +
          "been executed. Start the server again before you repeat it.";
        this.#reply(this.#toAgent, [
          errorResponse(open.id, { code: WIRE_CODES.serverGone, message }),
        ]);
      }
      if (open.call !== null) this.#endCall(open.call, { outcome, detail });
    }
    this.#toServer.open.clear();
    this.#toAgent.open.clear();
  }

  #lane(direction: Direction): Lane {
    const lane: Lane = new Lane(direction, this.#options.maxMessageBytes, {
      line: (bytes, start, end) => this.#line(lane, bytes, start, end),
      oversized: (head, tail, total) => this.#oversized(lane, head, tail, total),
    });
    return lane;
  }

  #laneOf(direction: Direction): Lane {
    return direction === "to_server" ? this.#toServer : this.#toAgent;
  }

  #opposite(lane: Lane): Lane {
    return lane === this.#toServer ? this.#toAgent : this.#toServer;
  }

  // ── A line ────────────────────────────────────────────────────────────────────────────────────

  #line(lane: Lane, bytes: Uint8Array, start: number, end: number): void {
    const { scanner } = lane;
    const error = scanner.scan(bytes, start, end);
    if (error !== undefined) {
      if (error.reason === "empty") return;
      const code = error.kind === "syntax" ? WIRE_CODES.parseError : WIRE_CODES.invalidRequest;
      return this.#refuse(
        lane,
        bytes.subarray(start, end),
        code,
        `${error.reason}, byte ${error.at}`,
      );
    }
    const read: (Message | NotAMessage)[] = [];
    for (const element of scanner.elements) {
      const message = readMessage(scanner, element);
      if (!(message instanceof Message)) {
        const line = bytes.subarray(start, end);
        return this.#refuse(lane, line, WIRE_CODES.invalidRequest, message.reason);
      }
      read.push(message);
    }
    const messages = read as Message[];
    if (!this.#admitAll(lane, messages) || !this.#passAll(lane, messages)) return;
    if (bytes[end] === 0x0a) lane.out.add(bytes, start, end + 1);
    else {
      lane.out.add(bytes, start, end);
      lane.out.add(NEWLINE);
    }
  }

  /** Lets every message of a line go on, or none of them. */
  #admitAll(lane: Lane, messages: readonly Message[]): boolean {
    const refusals = new Map<Message, Refusal>();
    for (const message of messages) {
      const refusal = this.#admit(lane, message);
      if (refusal !== undefined) refusals.set(message, refusal);
    }
    if (refusals.size === 0) return true;
    const replies: string[] = [];
    for (const message of messages) {
      const own = refusals.get(message);
      if (own === undefined) this.#withdraw(lane, message);
      if (message.kind === "request") {
        replies.push(errorResponse(message.id!, own ?? BATCH_REFUSED));
      }
    }
    this.#reply(this.#opposite(lane), replies, lane.scanner.batch);
    return false;
  }

  #admit(lane: Lane, message: Message): Refusal | undefined {
    if (message.kind === "request") return this.#admitRequest(lane, message);
    if (message.kind === "notification" || message.id === null) return undefined;
    if (this.#opposite(lane).match(message.id) !== undefined) return undefined;
    this.#tellRefused(lane.direction, "an answer to nothing");
    return ANSWER_TO_NOTHING;
  }

  #admitRequest(lane: Lane, message: Message): Refusal | undefined {
    const id = message.id!, isCall = message.isCall && lane === this.#toServer;
    if (lane.open.has(id) || lane.open.size >= MAX_OPEN_REQUESTS) {
      const refusal = lane.open.has(id) ? ID_IN_USE : TOO_MANY_OPEN;
      this.#tellRefused(lane.direction, refusal.message);
      if (isCall) this.#begin(message, () => refusal);
      return refusal;
    }
    let call: Call | null = null;
    if (isCall) {
      const begun = this.#begin(message, (call) => this.#pipeline.request(call, message));
      if (begun.refusal !== undefined) return begun.refusal;
      call = begun.call;
    } else if (lane === this.#toServer && message.method === "initialize") {
      this.#peer = peerOfInitialize(message);
    }
    lane.open.set(id, { id, method: message.method, call, task: tasks.taskAskedFor(message) });
    return undefined;
  }

  /** Makes the call that `message` is, asks whether it may go on, and tells the taps. */
  #begin(
    message: Message,
    decide: (call: Call) => Refusal | undefined,
  ): { call: Call; refusal: Refusal | undefined } {
    this.#peer = peerOfRequest(message, this.#peer);
    const call = this.#newCall({
      requestId: message.id,
      method: message.method,
      tool: toolNameOf(message),
      arguments: message.member(ARGUMENTS),
      requestBytes: message.length,
    });
    const refusal = decide(call);
    this.#emit({ type: "call_started", call });
    if (refusal !== undefined) this.#endCall(call, refusal);
    return { call, refusal };
  }

  /** Takes back what {@link #admit} did, because another message of the batch was refused. */
  #withdraw(lane: Lane, message: Message): void {
    if (message.kind === "request") {
      const { call } = lane.open.get(message.id!)!;
      lane.open.delete(message.id!);
      if (call !== null) this.#endCall(call, BATCH_REFUSED);
    } else if (message.kind === "response" && message.id !== null) {
      this.#failWaiting(this.#opposite(lane), message.id, BATCH_REFUSED.message);
    }
  }

  /** @returns false when an answer must not be forwarded after all. */
  #passAll(lane: Lane, messages: readonly Message[]): boolean {
    for (const message of messages) {
      if (this.#options.trace) this.#emit({ type: "message", direction: lane.direction, message });
      if (message.kind === "notification") this.#notice(lane, message);
      else if (message.kind === "response" && message.id !== null) {
        try {
          this.#settle(lane, message);
        } catch (fault) {
          this.#options.onFault("response", fault);
          for (const { kind, id } of messages) {
            if (kind === "response" && id !== null) {
              this.#failWaiting(this.#opposite(lane), id, "the gateway could not inspect it");
            }
          }
          return false;
        }
      }
    }
    return true;
  }

  /** Ends the request that `answer` belongs to. */
  #settle(lane: Lane, answer: Message): void {
    const requests = this.#opposite(lane);
    const open = requests.match(answer.id!);
    if (open === undefined) return;
    if (open.call !== null) this.#pipeline.response(open.call, answer);
    requests.open.delete(open.id);
    if (open.call !== null) return this.#settleCall(open.call, answer);
    if (lane !== this.#toAgent) return;
    if (open.method === "initialize" && !answer.failed) {
      this.#peer = versionOfInitialize(answer, this.#peer);
    }
    if (open.task !== null && this.#tasks.has(open.task)) {
      this.#settleTask(open.task, tasks.taskEnd(open.method, answer), answer.length);
    }
  }

  #settleCall(call: Call, answer: Message): void {
    const outcome = tasks.outcomeOf(answer);
    if (outcome === "task") {
      const task = tasks.taskBegunBy(answer);
      if (task !== null) this.#tasks.began(task, call);
    }
    this.#endCall(call, {
      outcome,
      detail: answer.failed ? errorText(answer) : null,
      result: answer.failed ? null : answer.bodyBytes,
      resultBytes: answer.length,
    });
  }

  #settleTask(task: string, end: tasks.TaskEnd | null, bytes: number): void {
    if (end === null) return;
    const call = this.#tasks.settle(task);
    if (call === undefined) return;
    this.#finish(call, { ...end, resultBytes: bytes });
    this.#emit({ type: "call_amended", call });
    call.result = null;
  }

  #notice(lane: Lane, notification: Message): void {
    if (notification.method === "notifications/cancelled") {
      const id = notification.value(REQUEST_ID);
      const open = typeof id === "string" || typeof id === "number" ? lane.open.get(id) : undefined;
      if (open === undefined) return;
      lane.open.delete(open.id);
      if (open.call !== null) this.#endCall(open.call, { outcome: "cancelled" });
    } else if (lane === this.#toAgent) {
      const task = tasks.taskNotified(notification);
      if (task !== null) this.#settleTask(task, tasks.taskState(notification), notification.length);
    }
  }

  // ── What is not understood ────────────────────────────────────────────────────────────────────

  #oversized(lane: Lane, head: Uint8Array, tail: Uint8Array, total: number): void {
    const reason = `longer than max_message_bytes (${total} of ${this.#options.maxMessageBytes})`;
    this.#refuse(lane, head, WIRE_CODES.invalidRequest, reason, { tail, total });
  }

  /** Keeps a line from the other end, and tells whoever waits. */
  #refuse(
    lane: Lane,
    line: Uint8Array,
    code: number,
    reason: string,
    rest?: { tail: Uint8Array; total: number },
  ): void {
    this.#tellRefused(lane.direction, reason, line);
    const message = `Nothing was executed: the message was refused (${reason}). ` +
      "Send each message as one line of strict JSON-RPC 2.0.";
    const replies: string[] = [];
    const remains = salvage(line);
    for (const found of remains) {
      if (rest !== undefined && remains.length === 1) found.id ??= idAtEnd(rest.tail);
      if (found.calls && lane === this.#toServer) {
        const { id: requestId, tool } = found;
        const requestBytes = rest?.total ?? line.length;
        const call = this.#newCall({ requestId, tool: tool ?? "unknown", requestBytes });
        this.#emit({ type: "call_started", call });
        this.#endCall(call, { outcome: "malformed", policyHit: "malformed", detail: reason });
      }
      if (found.id === null) continue;
      if (found.asks) replies.push(errorResponse(found.id, { code, message }));
      else this.#failWaiting(this.#opposite(lane), found.id, reason);
    }
    this.#reply(this.#opposite(lane), replies, line[0] === 0x5b);
  }

  /** Tells the end that asked, on `requests`, that its answer came and could not be passed on. */
  #failWaiting(requests: Lane, id: MessageId, reason: string): void {
    const open = requests.match(id);
    if (open === undefined) return;
    requests.open.delete(open.id);
    const message = `The answer was refused (${reason}). The request may have been executed; ` +
      "ask the operator to look at the gateway's log.";
    this.#reply(this.#opposite(requests), [
      errorResponse(open.id, { code: WIRE_CODES.internalError, message }),
    ]);
    if (open.call !== null) {
      this.#endCall(open.call, { outcome: "error", detail: `answer refused: ${reason}` });
    }
  }

  #tellRefused(direction: Direction, reason: string, line?: Uint8Array): void {
    this.#emit({ type: "message_refused", direction, reason, line: line ?? null });
  }

  #reply(lane: Lane, replies: readonly string[], batch = false): void {
    if (replies.length === 0) return;
    if (batch) lane.out.add(toLine(`[${replies.join(",")}]`));
    else for (const reply of replies) lane.out.add(toLine(reply));
  }

  // ── Calls ─────────────────────────────────────────────────────────────────────────────────────

  #newCall(
    known: Pick<Call, "requestId" | "tool" | "requestBytes"> & Partial<Call>,
  ): Call {
    return {
      id: uuidv7(),
      startedAt: this.#wall(),
      startedMono: this.#mono(),
      method: TOOLS_CALL,
      peer: this.#peer,
      arguments: null,
      outcome: "open",
      policyHit: null,
      detail: null,
      result: null,
      resultBytes: null,
      latencyMs: null,
      ...known,
    };
  }

  #endCall(call: Call, end: CallEnd): void {
    this.#finish(call, end);
    this.#pipeline.end(call);
    this.#emit({ type: "call_ended", call });
    // The views are of a buffer that will be used again.
    call.arguments = null;
    call.result = null;
  }

  #finish(call: Call, end: CallEnd): void {
    call.outcome = end.outcome;
    call.policyHit = end.policyHit ?? null;
    call.detail = end.detail ?? null;
    call.result = end.result ?? null;
    call.resultBytes = end.resultBytes ?? null;
    call.latencyMs = this.#mono() - call.startedMono;
  }

  #emit(event: SessionEvent): void {
    for (const tap of this.#options.taps) {
      try {
        tap(event);
      } catch (fault) {
        this.#options.onFault("tap", fault);
      }
    }
  }
}

/** How a call ends. */
type CallEnd =
  & Pick<Call, "outcome">
  & Partial<Pick<Call, "policyHit" | "detail" | "result" | "resultBytes">>;

const refusal = (code: number, message: string): Refusal => ({
  outcome: "malformed",
  policyHit: "malformed",
  code,
  message: `Nothing was executed: ${message}`,
});

const ID_IN_USE = refusal(
  WIRE_CODES.invalidRequest,
  "the id is still in use by a request that has no answer yet. Use a new id for each request.",
);
const TOO_MANY_OPEN = refusal(
  WIRE_CODES.tooManyOpen,
  `${MAX_OPEN_REQUESTS} requests wait for answers. Wait for some of them before you ask more.`,
);
const BATCH_REFUSED: Refusal = {
  outcome: "denied",
  policyHit: "batch",
  code: WIRE_CODES.invalidRequest,
  message: "Nothing was executed: another message of the same batch was refused. " +
    "Send the messages one by one.",
};
const ANSWER_TO_NOTHING = refusal(WIRE_CODES.invalidRequest, "an answer to nothing.");

/** `code message` of an error answer. */
function errorText(answer: Message): string {
  return `${answer.value(CODE)} ${answer.value(MESSAGE) ?? ""}`;
}

/**
 * The line: bytes in from either side, bytes out to either side, events to the taps.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import {
  cancelledNotification,
  errorResponse,
  type RefusalStyle,
  refusedResult,
  toLine,
} from "../wire/answers.ts";
import type { Direction, Tap } from "./call.ts";
import { CallBook } from "./calls.ts";
import { Lane, type OpenRequest } from "./lane.ts";
import { Message, type MessageId, readMessage } from "../wire/message.ts";
import { peerOfInitialize, versionOfInitialize } from "./client_info.ts";
import type { Refusal, Stage } from "./pipeline.ts";
import { RefusalDesk } from "./responder.ts";
import {
  ANSWER_TO_NOTHING,
  BATCH_REFUSED,
  ID_IN_USE,
  MAX_OPEN_REQUESTS,
  TOO_MANY_OPEN,
  UNINSPECTED,
} from "./refusals.ts";
import { taskAskedFor, taskEnd, taskNotified, taskState } from "./tasks.ts";

const LF = 0x0a, NEWLINE = new Uint8Array([LF]);
const encoder = new TextEncoder();
const REQUEST_ID = encoder.encode("requestId"), TASK = encoder.encode("task");

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
  /** How calls that stages refuse are answered; as errors, if it does not say. */
  readonly refusalStyle?: RefusalStyle;
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
 * ```text
 * agent ── receive("to_server", …) ──► frame → scan → read → stages ──► take("to_server") ── server
 *       ◄── take("to_agent") ────────── the same, backwards ◄── receive("to_agent", …) ──
 * ```
 *
 * What `take` gives may be views of the chunk that was received last in that direction: write it
 * before you receive the next.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #calls: CallBook;
  readonly #mono: () => number;
  readonly #toServer: Lane;
  readonly #toAgent: Lane;
  readonly #desk: RefusalDesk;
  /** Ids of the requests that the last chunk of the agent brought. */
  readonly #unsent: MessageId[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#mono = options.mono ?? (() => performance.now());
    this.#calls = new CallBook({ ...options, wall: options.wall ?? Date.now, mono: this.#mono });
    this.#toServer = this.#lane("to_server");
    this.#toAgent = this.#lane("to_agent");
    this.#desk = new RefusalDesk(this.#calls, this.#toServer, this.#toAgent);
  }

  /**
   * Takes back the agent's requests of the last {@link receive}: what `take` gave for the server was
   * not written, and will not be.
   */
  withdraw(refusal: Refusal): void {
    for (const id of this.#unsent.splice(0)) {
      const open = this.#toServer.open.get(id);
      if (open === undefined) continue;
      this.#toServer.open.delete(id);
      this.#desk.reply(this.#toAgent, [errorResponse(id, refusal)]);
      if (open.call !== null) {
        open.call.forwarded = false;
        this.#calls.end(open.call, refusal);
      }
    }
  }

  /** Takes bytes that came from the agent (`to_server`) or the server (`to_agent`). */
  receive(direction: Direction, chunk: Uint8Array): void {
    if (direction === "to_server") this.#unsent.length = 0;
    this.#laneOf(direction).framer.push(chunk);
  }

  /** The side that `direction` comes from has ended: a line that it began is dropped. */
  end(direction: Direction): void {
    const held = this.#laneOf(direction).framer.heldBytes;
    if (held > 0) this.#desk.tell(direction, "the stream ended inside a line");
  }

  /** Tells the agent something of the gateway's own, such as that the list of tools has changed. */
  notifyAgent(notification: string): void {
    this.#toAgent.out.add(toLine(notification));
  }

  /** All bytes that wait for the end that `direction` leads to; undefined for none. */
  take(direction: Direction): Uint8Array | undefined {
    return this.#laneOf(direction).out.take();
  }

  /** Requests of the agent that the server has not answered. */
  get openRequests(): number {
    return this.#toServer.open.size;
  }

  /** The calls among them. */
  get openCalls(): number {
    let calls = 0;
    for (const { call } of this.#toServer.open.values()) if (call !== null) calls++;
    return calls;
  }

  /** Whether the last chunk of the agent began calls that go on. */
  get beganCalls(): boolean {
    return this.#unsent.some((id) => this.#toServer.open.get(id)?.call != null);
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
      this.#toServer.retire(open.id);
      const message = `No answer from the server within ${timeout / 1000} s. The call was ` +
        "cancelled; it may have been executed. Ask the operator before you repeat it.";
      this.#desk.reply(this.#toAgent, [
        errorResponse(open.id, { code: WIRE_CODES.timeout, message }),
      ]);
      this.#toServer.out.add(toLine(cancelledNotification(open.id, "timed out")));
      this.#calls.end(open.call, { outcome: "timed_out", policyHit: "timeout" });
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
        this.#desk.reply(this.#toAgent, [
          errorResponse(open.id, { code: WIRE_CODES.serverGone, message }),
        ]);
      }
      if (open.call !== null) this.#calls.end(open.call, { outcome, detail });
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

  // ── A line ────────────────────────────────────────────────────────────────────────────────────

  #line(lane: Lane, bytes: Uint8Array, start: number, end: number): void {
    const { scanner } = lane;
    const error = scanner.scan(bytes, start, end);
    if (error !== undefined) {
      if (error.reason === "empty") return;
      const code = error.kind === "syntax" ? WIRE_CODES.parseError : WIRE_CODES.invalidRequest;
      return this.#desk.refuse(
        lane,
        bytes.subarray(start, end),
        code,
        `${error.reason}, byte ${error.at}`,
      );
    }
    const messages: Message[] = [];
    for (const element of scanner.elements) {
      const message = readMessage(scanner, element);
      if (!(message instanceof Message)) {
        const line = bytes.subarray(start, end);
        return this.#desk.refuse(lane, line, WIRE_CODES.invalidRequest, message.reason);
      }
      messages.push(message);
    }
    if (!this.#admitAll(lane, messages) || !this.#inspectAll(lane, messages)) return;
    for (const message of messages) this.#depart(lane, message);
    for (const message of messages) this.#pass(lane, message);
    if (scanner.edits.length > 0) lane.out.addEdited(bytes, start, end, scanner.edits);
    else if (bytes[end] === LF) return lane.out.add(bytes, start, end + 1);
    else lane.out.add(bytes, start, end);
    lane.out.add(NEWLINE);
  }

  /** Lets every message of a line go on, or none of them. */
  #admitAll(lane: Lane, messages: readonly Message[]): boolean {
    let refusals: Map<Message, Refusal> | undefined;
    const answered = new Set<OpenRequest>();
    for (const message of messages) {
      const refusal = message.kind === "request"
        ? this.#admitRequest(lane, message)
        : this.#admitAnswer(lane, message, answered);
      if (refusal !== undefined) (refusals ??= new Map()).set(message, refusal);
    }
    if (refusals === undefined) return true;
    this.#keepBack(lane, messages, BATCH_REFUSED, refusals);
    return false;
  }

  /** Takes a line's messages back and answers its requests; `refused` are those that never got in. */
  #keepBack(
    lane: Lane,
    messages: readonly Message[],
    refusal: Refusal,
    refused: ReadonlyMap<Message, Refusal> = new Map(),
  ): void {
    const replies: string[] = [];
    for (const message of messages) {
      const own = refused.get(message);
      if (own === undefined) this.#withdraw(lane, message, refusal);
      if (message.kind === "request") {
        replies.push(this.#refusalOf(lane, message, own ?? refusal));
      }
    }
    this.#desk.reply(this.#desk.opposite(lane), replies, lane.scanner.batch);
  }

  /** The answer to a request that is refused, in the style that was asked for. */
  #refusalOf(lane: Lane, message: Message, refusal: Refusal): string {
    const { id, isCall } = message, { peer } = this.#calls;
    // A call that asks for a task may be answered with a task or an error only (2025-11-25).
    const asResult = this.#options.refusalStyle === "tool_result" && lane === this.#toServer &&
      isCall && refusal.outcome !== "malformed" && message.member(TASK) === null;
    if (!asResult) return errorResponse(id!, refusal);
    return refusedResult(id!, refusal.message, (peer.protocolVersion ?? "") >= "2026-07-28");
  }

  /** @param answered The requests that earlier messages of the line answer. */
  #admitAnswer(lane: Lane, message: Message, answered: Set<OpenRequest>): Refusal | undefined {
    if (message.kind === "notification" || message.id === null) return undefined;
    const open = this.#desk.opposite(lane).match(message.id);
    if (open !== undefined && !answered.has(open)) return void answered.add(open);
    this.#desk.opposite(lane).answeredLate(message.id);
    this.#desk.tell(lane.direction, "an answer to nothing");
    return ANSWER_TO_NOTHING;
  }

  #admitRequest(lane: Lane, message: Message): Refusal | undefined {
    const id = message.id!, isCall = message.isCall && lane === this.#toServer;
    const isUsed = lane.open.has(id) || lane.isRetired(id);
    if (isUsed || lane.open.size >= MAX_OPEN_REQUESTS) {
      const refusal = isUsed ? ID_IN_USE : TOO_MANY_OPEN;
      this.#desk.tell(lane.direction, refusal.message);
      if (isCall) this.#calls.begin(message, refusal);
      return refusal;
    }
    let call = null;
    if (isCall) {
      const begun = this.#calls.begin(message);
      if ("code" in begun) return begun;
      call = begun;
    } else if (lane === this.#toServer && message.method === "initialize") {
      this.#calls.peer = peerOfInitialize(message);
    }
    lane.open.set(id, { id, method: message.method, call, task: taskAskedFor(message) });
    if (lane === this.#toServer) this.#unsent.push(id);
    return undefined;
  }

  /** Takes back a message that was admitted. */
  #withdraw(lane: Lane, message: Message, refusal: Refusal): void {
    if (message.kind === "request") {
      const { call } = lane.open.get(message.id!)!;
      lane.open.delete(message.id!);
      if (call !== null) this.#calls.end(call, refusal);
    } else if (message.kind === "response" && message.id !== null) {
      this.#desk.failWaiting(this.#desk.opposite(lane), message.id, refusal.message);
    }
  }

  /** Shows every message of a line to the stages; keeps the whole line back when one objects. */
  #inspectAll(lane: Lane, messages: readonly Message[]): boolean {
    try {
      for (const message of messages) this.#inspect(lane, message);
      return true;
    } catch (fault) {
      this.#options.onFault("inspection", fault);
      this.#desk.tell(lane.direction, UNINSPECTED.message);
      this.#keepBack(lane, messages, UNINSPECTED);
      return false;
    }
  }

  #inspect(lane: Lane, message: Message): void {
    const { direction } = lane, { id, kind, method } = message;
    const requests = kind === "response" ? this.#desk.opposite(lane) : lane;
    const open = id === null ? undefined : requests.match(id);
    if (kind === "response" && open?.call) this.#calls.inspect(open.call, message);
    if (this.#calls.watches) {
      const asked = kind === "response" ? open?.method ?? null : method;
      // What is said of a task is said of the call that began it.
      const call = open?.call ?? this.#calls.callOfTask(open?.task ?? null);
      this.#calls.inspectMessage(message, { direction, method: asked, call });
    }
  }

  /** Notes that a call goes on to the server, before anything else of its line can end it. */
  #depart(lane: Lane, message: Message): void {
    if (message.kind !== "request" || lane !== this.#toServer) return;
    const call = lane.open.get(message.id!)?.call;
    if (call) call.forwarded = true;
  }

  /** Does what a message that goes on brings with it. */
  #pass(lane: Lane, message: Message): void {
    if (this.#options.trace) {
      this.#calls.emit({ type: "message", direction: lane.direction, message });
    }
    if (message.kind === "notification") this.#notice(lane, message);
    else if (message.kind === "response" && message.id !== null) this.#settle(lane, message);
  }

  /** Ends the request that `answer` belongs to. */
  #settle(lane: Lane, answer: Message): void {
    const requests = this.#desk.opposite(lane);
    const open = requests.match(answer.id!);
    if (open === undefined) return;
    requests.open.delete(open.id);
    if (open.call !== null) this.#calls.answered(open.call, answer);
    else if (lane === this.#toAgent && open.method === "initialize" && !answer.failed) {
      this.#calls.peer = versionOfInitialize(answer, this.#calls.peer);
    } else if (lane === this.#toAgent && open.task !== null) {
      const end = taskEnd(open.method, answer);
      if (end !== null) this.#calls.taskEnded(open.task, end, answer.length);
    }
  }

  #notice(lane: Lane, notification: Message): void {
    if (notification.method === "notifications/cancelled") {
      const id = notification.value(REQUEST_ID);
      const open = typeof id === "string" || typeof id === "number" ? lane.match(id) : undefined;
      if (open === undefined) return;
      lane.open.delete(open.id);
      lane.retire(open.id);
      if (open.call !== null) this.#calls.end(open.call, { outcome: "cancelled" });
    } else if (lane === this.#toAgent) {
      const task = taskNotified(notification);
      const end = task === null ? null : taskState(notification);
      if (end !== null) this.#calls.taskEnded(task!, end, notification.length);
    }
  }

  #oversized(lane: Lane, head: Uint8Array, tail: Uint8Array, total: number): void {
    const reason = `longer than max_message_bytes (${total} of ${this.#options.maxMessageBytes})`;
    this.#desk.refuse(lane, head, WIRE_CODES.invalidRequest, reason, { tail, total });
  }
}

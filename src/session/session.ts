/**
 * The line: messages in from either side, messages out to either side, events to the taps.
 *
 * @module
 */

import { KeptBack, WIRE_CODES } from "../errors.ts";
import { cancelledNotification, errorResponse, type RpcError } from "../wire/answers.ts";
import { type Edit, growthOf, inOrder } from "../wire/edits.ts";
import { Message, readMessage } from "../wire/message.ts";
import { NOT_UTF8, type Scanner } from "../wire/scan.ts";
import { Admission, type ReadText } from "./admission.ts";
import type { Direction } from "./call.ts";
import { CallTracker, type EndOfCall } from "./calls.ts";
import type { SessionContext } from "./context.ts";
import { onward } from "./ends.ts";
import { type Entered, type Exchange, SessionRequests } from "./exchange.ts";
import type { HeldText } from "./held.ts";
import { Holding } from "./holding.ts";
import type { Stage } from "./pipeline.ts";
import type { Tap } from "./record.ts";
import { TOO_LONG, uninspected } from "./refusals.ts";
import type { OpenRequest, RequestTable } from "./requests.ts";
import { type OversizedRest, Responder } from "./responder.ts";
import { Settlement } from "./settlement.ts";

const NO_EDITS: readonly Edit[] = Object.freeze([]);

/** Options of a {@link Session}. */
export interface SessionOptions {
  readonly context: SessionContext;
  readonly stages: readonly Stage[];
  readonly taps: readonly Tap[];
}

/**
 * One conversation of an agent with a server. Synchronous, and free of transports:
 *
 * ```text
 * enter ─► scan ─► read ─► admit ─► judge ─┬─► inspect ─► settle ─► forward ─► exchange
 *                    │       │        │    └─► hold ⋯ resume ─┘
 *                    └───────┴────────┴─► refuse: our own answer goes back
 * ```
 */
export class Session {
  readonly #context: SessionContext;
  readonly #calls: CallTracker;
  readonly #requests = new SessionRequests();
  readonly #responder: Responder;
  readonly #admission: Admission;
  readonly #holding: Holding;
  readonly #settlement: Settlement;

  constructor({ context, stages, taps }: SessionOptions) {
    this.#context = context;
    const calls = this.#calls = new CallTracker(context, stages, taps), requests = this.#requests;
    const responder = this.#responder = new Responder(context, calls, requests);
    const admission = this.#admission = new Admission(context, calls, requests, responder);
    const holding = this.#holding = new Holding({
      context,
      calls,
      requests,
      admission,
      read: ({ bytes, length, exchange }, scanner) =>
        this.#read(scanner, "to_server", bytes, 0, length, exchange) as ReadText,
      pass: (text) => void this.#pass(text),
      passUnread: calls.inspects || context.trace ? undefined : this.#passUnread,
      giveUp: this.#giveUp,
    });
    this.#settlement = new Settlement(context, calls, requests, (open) => holding.cancel(open));
  }

  /** The agent's requests that have no answer yet, but for those that an exchange keeps. */
  get openRequests(): RequestTable {
    return this.#requests.ofAgent;
  }

  /**
   * Takes one text, a message or a batch, that came from the agent (`to_server`) or the server
   * (`to_agent`): `bytes[start, end)`, without a line end. What comes of it goes to the exchange's
   * ends.
   *
   * @returns What has become of it. A text that is held, too, brings about what it does by itself.
   */
  enter(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    exchange: Exchange,
  ): Entered {
    const { scanners, turns } = this.#context;
    turns.begin();
    try {
      const text = this.#read(scanners[direction], direction, bytes, start, end, exchange);
      return typeof text === "string" ? text : this.#take(text);
    } finally {
      turns.end();
    }
  }

  /** Takes a text that was understood; its bytes are the transport's. */
  #take(text: ReadText): Entered {
    const holds = this.#admission.admit(text);
    if (holds === null) return "kept";
    if (holds.size > 0) {
      this.#holding.park(text, holds);
      return "held";
    }
    const cancelled = this.#settlement.heldCancelledBy(text);
    if (cancelled === undefined) return this.#pass(text);
    this.#holding.cancel(cancelled);
    return "kept";
  }

  /** Refuses a text that was too long to be kept; `head` are its first bytes. */
  oversized(direction: Direction, head: Uint8Array, rest: OversizedRest, exchange: Exchange): void {
    const { maxMessageBytes } = this.#context;
    const reason = `longer than max_message_bytes (${rest.total} of ${maxMessageBytes})`;
    this.#responder.refuse(direction, exchange, head, WIRE_CODES.invalidRequest, reason, rest);
  }

  /** Notes that the side that `direction` comes from has ended inside a text; `head` is its head. */
  interrupted(direction: Direction, head: Uint8Array, exchange: Exchange): void {
    this.#responder.tellKept(direction, exchange, "the stream ended inside a line", head);
  }

  /**
   * Ends every open call, because an end of the line is gone.
   *
   * @param outcome `server_gone` also gives the agent an error for each of its open requests.
   */
  endAll(outcome: "server_gone" | "agent_gone", detail: string): void {
    const all = this.#requests.ofAgent.clear();
    // Before anybody hears of an end, and settles something that is held.
    for (const open of all) this.#holding.drop(open);
    for (const open of all) {
      if (outcome === "server_gone") {
        const executed = open.isHeld ? "was not" : "may have been";
        const message = `The server ended before it answered (${detail}). The request ` +
          `${executed} executed. Start the server again before you repeat it.`;
        open.ends.toAgent.say(errorResponse(open.id, { code: WIRE_CODES.serverGone, message }));
      }
      if (open.call === null) continue;
      this.#context.deadlines.stop(open);
      this.#calls.end(open.call, { outcome, detail });
    }
    this.#requests.ofServer.clear();
  }

  /**
   * Ends one request of the agent that nobody will answer any more; a late answer will be dropped.
   *
   * @param answer What the agent is told; nothing where it cannot be told.
   * @returns Whether it was still open.
   */
  endRequest(open: OpenRequest, end: EndOfCall, answer?: RpcError): boolean {
    if (open.table.get(open.id) !== open) return false;
    const held = this.#holding.drop(open);
    if (open.isHeld) open.table.delete(open.id);
    else open.table.retire(open.id);
    if (answer !== undefined) open.ends.toAgent.say(errorResponse(open.id, answer));
    if (open.call !== null) {
      this.#context.deadlines.stop(open);
      this.#calls.end(open.call, end);
    }
    if (held !== undefined) this.#holding.refuseRest(held);
    return true;
  }

  /**
   * Ends every open call, and refuses all that is asked from now on: the server can answer nothing.
   */
  loseServer(detail: string): void {
    this.endAll("server_gone", detail);
    this.#admission.loseServer(detail);
  }

  /** Reads a text; else says that it was refused, or is empty. */
  #read(
    scanner: Scanner,
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    end: number,
    exchange: Exchange,
  ): ReadText | "unread" | "empty" {
    const refuse = (code: number, reason: string) => {
      this.#responder.refuse(direction, exchange, bytes.subarray(start, end), code, reason);
      return "unread" as const;
    };
    const error = scanner.scan(bytes, start, end, exchange.isMultiline);
    if (error !== undefined) {
      if (error.reason === "empty") return "empty";
      const code = error.kind === "syntax" ? WIRE_CODES.parseError : WIRE_CODES.invalidRequest;
      // Which is an ordinary fault of servers that pass files on as they are.
      const reason = error.reason === NOT_UTF8
        ? `the ${direction === "to_agent" ? "server" : "agent"} sent text that is not UTF-8`
        : error.reason;
      return refuse(code, `${reason}, byte ${error.at}`);
    }
    // JavaScript keeps it, Go replaces it, and others read nothing of a text that has one.
    if (direction === "to_agent" && scanner.loneSurrogateAt >= 0) {
      const at = scanner.loneSurrogateAt - start;
      return refuse(WIRE_CODES.invalidRequest, `half of a surrogate pair, byte ${at}`);
    }
    const messages: Message[] = [];
    for (const element of scanner.elements) {
      const message = readMessage(scanner, element);
      if (!(message instanceof Message)) return refuse(WIRE_CODES.invalidRequest, message.reason);
      messages.push(message);
    }
    return { direction, exchange, scanner, start, end, messages, isBatch: scanner.batch };
  }

  // ── On to the other end ───────────────────────────────────────────────────────────────────────

  #pass(text: ReadText): "passed" | "kept" {
    const edits = this.#calls.inspects ? this.#inspectAll(text) : NO_EDITS;
    if (edits === null) return "kept";
    const { direction, exchange, scanner, start, end, messages } = text;
    if (end - start + growthOf(edits) > this.#context.maxMessageBytes) {
      this.#admission.keepBack(text, TOO_LONG);
      return "kept";
    }
    if (direction === "to_server") this.#depart(text);
    if (this.#context.trace) {
      for (const message of messages) this.#calls.emit({ type: "message", direction, message });
    }
    this.#settlement.settle(text);
    onward(exchange, direction).forward(scanner.bytes, start, end, edits);
    if (direction === "to_agent") this.#context.noteAnswer();
    return "passed";
  }

  readonly #passUnread = ({ exchange, bytes, length, isBrief }: HeldText, open: OpenRequest) => {
    this.#forwarded(open, isBrief ? null : this.#context.mono());
    exchange.toServer.forward(bytes, 0, length, NO_EDITS);
  };

  /**
   * Shows every message of a text to the stages, and gives their edits; null when one objects, or
   * edits that cross: then the whole text was kept back.
   */
  #inspectAll(text: ReadText): readonly Edit[] | null {
    try {
      for (const message of text.messages) this.#inspect(text, message);
      return inOrder(text.scanner.edits, text.start, text.end);
    } catch (fault) {
      const refusal = uninspected(fault);
      if (!(fault instanceof KeptBack)) this.#context.onFault("inspection", fault);
      this.#responder.tell(text.direction, refusal.message);
      this.#admission.keepBack(text, refusal);
      return null;
    }
  }

  #inspect({ direction, exchange }: ReadText, message: Message): void {
    const { id, kind } = message, isAnswer = kind === "response";
    let open: OpenRequest | undefined;
    if (isAnswer && id !== null) open = this.#requests.answeredBy(direction, exchange, id);
    else if (id !== null) open = this.#requests.tableOf(direction, exchange).get(id);
    const method = isAnswer ? open?.method ?? null : message.method;
    // What is said of a task is said of the call that began it, as far as one can tell: which task it
    // is, the agent says, and perhaps not the server.
    const call = open?.call ?? this.#calls.callOfTask(open?.task ?? null);
    if (isAnswer && call !== null && (open?.call !== call || open.table.isUncertain)) {
      call.isUncertain = true;
    }
    this.#calls.inspect(message, { direction, method, call });
  }

  /** Notes which requests go on to the server, before anything else of their text can end them. */
  #depart({ exchange, messages }: ReadText): void {
    const table = this.#requests.tableOf("to_server", exchange);
    for (const message of messages) {
      const open = message.kind === "request" ? table.get(message.id!) : undefined;
      // The clock is not read again for what has come just now.
      if (open !== undefined) {
        this.#forwarded(open, open.isHeld ? this.#context.mono() : open.call?.startedMono ?? null);
      }
    }
  }

  /** @param since When its time begins, in monotonic milliseconds; null when it has begun. */
  #forwarded(open: OpenRequest, since: number | null): void {
    open.isHeld = false;
    if (open.call === null) return;
    open.call.forwarded = true;
    if (since !== null) this.#context.deadlines.start(open, since, this.#giveUp);
  }

  /** Gives up a call that is overdue: both ends are told, a late answer will be dropped. */
  readonly #giveUp = (open: OpenRequest): void => {
    const { ends, id, table, isHeld } = open, held = this.#holding.drop(open);
    const patience = `${this.#context.deadlines.callTimeoutMs / 1000} s`;
    const message = !isHeld
      ? `No answer from the server within ${patience}. The call was cancelled; it may have been ` +
        "executed. Ask the operator before you repeat it."
      : `The tool was not executed: the call was held back for more than ${patience}. ` +
        "Ask the operator before you repeat it.";
    ends.toAgent.say(errorResponse(id, { code: WIRE_CODES.timeout, message }));
    if (isHeld) table.delete(id);
    else {
      table.retire(id);
      ends.toServer.say(cancelledNotification(id, "timed out"));
    }
    this.#calls.end(open.call!, { outcome: "timed_out", policyHit: "timeout" });
    if (held !== undefined) this.#holding.refuseRest(held);
    ends.deliver();
  };
}

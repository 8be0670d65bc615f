/**
 * Our own words when something is not passed on: to whoever asked, to whoever waits, and to the
 * taps.
 *
 * @module
 */

import { WIRE_CODES } from "../errors.ts";
import { errorResponse, refusedResult } from "../wire/answers.ts";
import type { Message, MessageId } from "../wire/message.ts";
import { idAtEnd, isPlainText, salvage } from "../wire/salvage.ts";
import type { Direction, Refusal } from "./call.ts";
import type { CallTracker } from "./calls.ts";
import type { SessionContext } from "./context.ts";
import { back, reply } from "./ends.ts";
import type { Exchange, SessionRequests } from "./exchange.ts";

/** A text that was too long to be kept: what is known of the rest of it. */
export interface OversizedRest {
  /** Its last bytes. */
  readonly tail: Uint8Array;
  /** Number of its bytes. */
  readonly total: number;
}

const encoder = new TextEncoder();
const TASK = encoder.encode("task");

/** Speaks for a session that keeps something back. */
export class Responder {
  readonly #context: SessionContext;
  readonly #calls: CallTracker;
  readonly #requests: SessionRequests;

  constructor(context: SessionContext, calls: CallTracker, requests: SessionRequests) {
    this.#context = context;
    this.#calls = calls;
    this.#requests = requests;
  }

  /** Keeps a text from the other end, and tells whoever waits. */
  refuse(
    direction: Direction,
    exchange: Exchange,
    text: Uint8Array,
    code: number,
    reason: string,
    rest?: OversizedRest,
  ): void {
    const isPrinted = this.tellKept(direction, exchange, reason, text);
    const message = `Nothing was executed: the message was refused (${reason}). ` +
      "Send each message as one line of strict JSON-RPC 2.0.";
    const replies: string[] = [];
    const remains = salvage(text);
    for (const found of remains) {
      if (isPrinted && !found.names) continue;
      if (rest !== undefined && remains.length === 1) found.id ??= idAtEnd(rest.tail);
      if (found.calls && direction === "to_server") {
        const { id: requestId, tool } = found, requestBytes = rest?.total ?? text.length;
        this.#calls.malformed({ requestId, tool: tool ?? "unknown", requestBytes }, reason);
      }
      // What a server prints to its stdout is no message, though it may speak of ids and methods.
      const isMessage = found.names || direction === "to_server";
      // Whoever asked with an id that cannot be told would wait for ever (JSON-RPC 2.0 §5).
      const waits = found.hasId || found.id !== null || found.calls && rest !== undefined;
      if (found.asks && waits && isMessage) {
        replies.push(errorResponse(found.id, { code, message }));
      } else if (found.id !== null && (found.answers || rest !== undefined)) {
        this.failWaiting(direction, exchange, found.id, reason);
      }
    }
    reply(back(exchange, direction), replies, text[0] === 0x5b);
  }

  /**
   * Tells the end that asked that the answer, walking this way, came and could not be passed on.
   * Nobody answers what was not forwarded yet.
   *
   * @param refusal Set when the gateway keeps back what it could read: that is no fault of the server.
   */
  failWaiting(
    direction: Direction,
    exchange: Exchange,
    id: MessageId,
    reason: string,
    refusal?: Refusal,
  ): void {
    const open = this.#requests.answeredBy(direction, exchange, id);
    if (open === undefined || open.isHeld) return;
    open.table.delete(open.id);
    const message = `The answer was refused (${reason}). The request may have been executed; ` +
      "ask the operator to look at the gateway's log.";
    const asker = direction === "to_agent" ? open.ends.toAgent : open.ends.toServer;
    asker.say(errorResponse(open.id, { code: WIRE_CODES.internalError, message }));
    if (open.call === null) return;
    this.#context.deadlines.stop(open);
    const detail = `answer refused: ${reason}`;
    this.#calls.end(open.call, {
      outcome: "error",
      policyHit: refusal?.policyHit ?? null,
      detail,
    });
  }

  /** The answer to a request that is refused, in the style that was asked for. */
  refusalOf(direction: Direction, request: Message, refusal: Refusal): string {
    // A call that asks for a task may be answered with a task or an error only (2025-11-25).
    const asResult = this.#context.refusalStyle === "tool_result" && direction === "to_server" &&
      request.isCall && refusal.outcome !== "malformed" && request.member(TASK) === null;
    if (!asResult) return errorResponse(request.id!, refusal);
    const version = this.#calls.client.protocolVersion ?? "";
    return refusedResult(request.id!, refusal.message, version >= "2026-07-28");
  }

  /**
   * Tells the taps of a text that was not read as a message: true for plain text, which servers
   * print where messages belong.
   */
  tellKept(direction: Direction, exchange: Exchange, reason: string, text: Uint8Array): boolean {
    const isPrinted = direction === "to_agent" && !exchange.isMultiline && isPlainText(text);
    if (isPrinted) this.#calls.emit({ type: "server_printed", line: text });
    else this.tell(direction, reason, text);
    return isPrinted;
  }

  /** Tells the taps of something that was not passed on. */
  tell(direction: Direction, reason: string, line?: Uint8Array): void {
    this.#calls.emit({ type: "message_refused", direction, reason, line: line ?? null });
  }
}

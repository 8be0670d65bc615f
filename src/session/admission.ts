/**
 * Admission of the messages of a text: all of them, or none.
 *
 * @module
 */

import type { Message } from "../wire/message.ts";
import type { Scanner } from "../wire/scan.ts";
import type { Direction, Refusal } from "./call.ts";
import type { CallTracker } from "./calls.ts";
import { clientOfInitialize } from "./client_info.ts";
import type { SessionContext } from "./context.ts";
import { back, reply } from "./ends.ts";
import type { Exchange, SessionRequests } from "./exchange.ts";
import type { Answers } from "./held.ts";
import { type Hold, isRefusal } from "./pipeline.ts";
import {
  ANSWER_TO_NOTHING,
  BATCH_REFUSED,
  ID_IN_USE,
  serverGone,
  TOO_MANY_OPEN,
} from "./refusals.ts";
import type { OpenRequest } from "./requests.ts";
import type { Responder } from "./responder.ts";
import { taskAskedFor } from "./tasks.ts";

/**
 * A text that was understood: one message, or those of a batch, at `[start, end)` of the bytes
 * read.
 */
export interface ReadText {
  readonly direction: Direction;
  readonly exchange: Exchange;
  readonly scanner: Scanner;
  readonly start: number;
  readonly end: number;
  readonly messages: readonly Message[];
  readonly isBatch: boolean;
}

/** Requests of a text that stages hold; empty for none. */
export type Holds = ReadonlyMap<OpenRequest, Hold>;

const NO_HOLDS: Holds = new Map();

const NO_ANSWERS: Answers = new Map();

/** The door of a session. */
export class Admission {
  readonly #context: SessionContext;
  readonly #calls: CallTracker;
  readonly #requests: SessionRequests;
  readonly #responder: Responder;
  #serverGone: Refusal | undefined;

  constructor(
    context: SessionContext,
    calls: CallTracker,
    requests: SessionRequests,
    responder: Responder,
  ) {
    this.#context = context;
    this.#calls = calls;
    this.#requests = requests;
    this.#responder = responder;
  }

  /** Lets every message of a text in, or none of them: then null, and whoever asked was told. */
  admit(text: ReadText): Holds | null {
    let refusals: Map<Message, Refusal> | undefined;
    let holds: Map<OpenRequest, Hold> | undefined;
    // One message answers one request; only a batch may answer one twice.
    const answered = text.isBatch ? new Set<OpenRequest>() : null;
    for (const message of text.messages) {
      if (message.kind !== "request") {
        const refusal = this.#admitAnswer(text, message, answered);
        if (refusal !== undefined) (refusals ??= new Map()).set(message, refusal);
        continue;
      }
      const admitted = this.#admitRequest(text, message);
      if ("code" in admitted) (refusals ??= new Map()).set(message, admitted);
      else if (admitted.hold !== undefined) {
        (holds ??= new Map()).set(admitted.open, admitted.hold);
      }
    }
    if (refusals === undefined) return holds ?? NO_HOLDS;
    this.keepBack(text, BATCH_REFUSED, refusals);
    return null;
  }

  /** Refuses every request of the agent from now on. */
  loseServer(detail: string): void {
    this.#serverGone = serverGone(detail);
  }

  /** The server's requests that a batch answers, by its messages. */
  answersIn({ direction, exchange, messages, isBatch }: ReadText): Answers {
    if (!isBatch) return NO_ANSWERS;
    const answers = new Map<number, OpenRequest>();
    for (const [i, { kind, id }] of messages.entries()) {
      const isAnswer = kind === "response" && id !== null;
      if (isAnswer) answers.set(i, this.#requests.answeredBy(direction, exchange, id)!);
    }
    return answers;
  }

  /**
   * Lets a text in once more that was held meanwhile, when its answers are still those to the
   * requests that they were; false when it was kept back.
   */
  readmit(text: ReadText, answers: Answers): boolean {
    let refusals: Map<Message, Refusal> | undefined;
    for (const [i, open] of answers) {
      if (open.table.get(open.id) === open) continue;
      const message = text.messages[i]!;
      (refusals ??= new Map()).set(message, this.#answersNothing(text, message));
    }
    if (refusals !== undefined) this.keepBack(text, BATCH_REFUSED, refusals);
    return refusals === undefined;
  }

  /**
   * Takes a text back that was let in, and answers its requests.
   *
   * @param refused The messages that are refused for a reason of their own, and are not in.
   */
  keepBack(
    text: ReadText,
    refusal: Refusal,
    refused: ReadonlyMap<Message, Refusal> = new Map(),
  ): void {
    const { direction, exchange, messages } = text;
    const replies: string[] = [];
    for (const message of messages) {
      const own = refused.get(message);
      const isAsked = own !== undefined || this.#withdraw(text, message, refusal);
      if (message.kind === "request" && isAsked) {
        replies.push(this.#responder.refusalOf(direction, message, own ?? refusal));
      }
    }
    reply(back(exchange, direction), replies, text.isBatch);
  }

  /** Takes back a message; false for a request that is over already. */
  #withdraw({ direction, exchange }: ReadText, message: Message, refusal: Refusal): boolean {
    const { kind, id } = message;
    if (kind === "request") {
      const table = this.#requests.tableOf(direction, exchange), open = table.get(id!);
      if (open === undefined) return false;
      table.delete(id!);
      if (open.call !== null) {
        this.#context.deadlines.stop(open);
        this.#calls.end(open.call, refusal);
      }
    } else if (kind === "response" && id !== null) {
      this.#responder.failWaiting(
        direction,
        exchange,
        id,
        refusal.detail ?? refusal.message,
        refusal,
      );
    }
    return true;
  }

  /** @param answered The requests that earlier messages of the text answer. */
  #admitAnswer(
    text: ReadText,
    message: Message,
    answered: Set<OpenRequest> | null,
  ): Refusal | undefined {
    const { kind, id } = message;
    const objection = objectionTo(text, message);
    if (objection !== undefined) {
      this.#responder.tell(text.direction, objection.message);
      return objection;
    }
    if (kind === "notification") {
      if (text.direction === "to_agent" || message.method.startsWith("notifications/")) return;
      const refusal = this.#calls.judgeOther(message);
      if (refusal !== undefined) this.#responder.tell(text.direction, refusal.message);
      return refusal;
    }
    if (id === null) return undefined;
    const open = this.#requests.answeredBy(text.direction, text.exchange, id);
    // Nobody answers what was not forwarded yet.
    if (open?.isHeld === false && !answered?.has(open)) return void answered?.add(open);
    if (open === undefined && text.exchange.unknownAnswers?.has(text.direction)) return undefined;
    return this.#answersNothing(text, message);
  }

  #answersNothing({ direction, exchange }: ReadText, { id }: Message): Refusal {
    this.#requests.answeredLate(direction, exchange, id!);
    this.#responder.tell(direction, "an answer to nothing");
    return ANSWER_TO_NOTHING;
  }

  #admitRequest(
    text: ReadText,
    message: Message,
  ): Refusal | { readonly open: OpenRequest; readonly hold: Hold | undefined } {
    const { direction, exchange } = text;
    const id = message.id!, table = this.#requests.tableOf(direction, exchange);
    const isCall = message.isCall && direction === "to_server";
    const refusal = this.#serverGone ?? objectionTo(text, message) ??
      (table.isUsed(id) ? ID_IN_USE : table.isFull ? TOO_MANY_OPEN : undefined);
    if (refusal !== undefined) {
      this.#responder.tell(direction, refusal.message);
      if (isCall) this.#calls.refused(message, refusal);
      return refusal;
    }
    let call = null, hold: Hold | undefined;
    if (isCall) {
      const begun = this.#calls.begin(message);
      if (isRefusal(begun.verdict)) return begun.verdict;
      call = begun.call;
      hold = begun.verdict;
    } else if (direction === "to_server") {
      const refusal = this.#calls.judgeOther(message);
      if (refusal !== undefined) return refusal;
      if (message.method === "initialize") this.#calls.client = clientOfInitialize(message);
    }
    const task = taskAskedFor(message);
    const { method } = message;
    const open = { id, method, call, task, ends: exchange, table, isHeld: false, dueAt: null };
    table.add(open);
    if (direction === "to_server") exchange.began?.(open);
    return { open, hold };
  }
}

/** Reason why an exchange does not carry a message of the agent. */
function objectionTo({ direction, exchange }: ReadText, message: Message): Refusal | undefined {
  return direction === "to_server" ? exchange.objects?.(message) : undefined;
}

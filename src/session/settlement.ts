/**
 * Consequences of a message that goes on: answers settle requests, notifications cancel them and
 * tell of tasks.
 *
 * @module
 */

import type { Message } from "../wire/message.ts";
import type { ReadText } from "./admission.ts";
import type { CallTracker } from "./calls.ts";
import { versionOfInitialize } from "./client_info.ts";
import type { SessionContext } from "./context.ts";
import type { SessionRequests } from "./exchange.ts";
import { listedTools } from "./listed_tools.ts";
import type { OpenRequest } from "./requests.ts";
import { taskEnd, taskNotified, taskState } from "./tasks.ts";

const REQUEST_ID = new TextEncoder().encode("requestId");

/** Draws the conclusions of a session from what passes. */
export class Settlement {
  readonly #context: SessionContext;
  readonly #calls: CallTracker;
  readonly #requests: SessionRequests;
  readonly #cancelHeld: (open: OpenRequest) => void;

  /** @param cancelHeld Ends a request that was cancelled while it was held. */
  constructor(
    context: SessionContext,
    calls: CallTracker,
    requests: SessionRequests,
    cancelHeld: (open: OpenRequest) => void,
  ) {
    this.#context = context;
    this.#calls = calls;
    this.#requests = requests;
    this.#cancelHeld = cancelHeld;
  }

  /** Does what a text that goes on brings with it. */
  settle(text: ReadText): void {
    for (const message of text.messages) {
      if (message.kind === "notification") this.#notice(text, message);
      else if (message.kind === "response" && message.id !== null) this.#answer(text, message);
    }
  }

  /**
   * The held request that a text does nothing but cancel; undefined for any other text. The server
   * never saw that request, and need not hear of its end.
   */
  heldCancelledBy(text: ReadText): OpenRequest | undefined {
    const [message] = text.messages;
    if (this.#context.held.size === 0 || text.isBatch || message === undefined) return undefined;
    const open = this.#cancelledBy(text, message);
    return open?.isHeld ? open : undefined;
  }

  /** Ends the request that `answer` belongs to. */
  #answer({ direction, exchange }: ReadText, answer: Message): void {
    const open = this.#requests.answeredBy(direction, exchange, answer.id!);
    if (open === undefined) return;
    open.table.delete(open.id);
    if (open.call !== null) {
      this.#context.deadlines.stop(open);
      this.#calls.answered(open.call, answer);
    } else if (direction === "to_server") return;
    else if (open.method === "tools/list") {
      const tools = listedTools(answer);
      if (tools.length > 0) this.#calls.emit({ type: "tools_listed", tools });
    } else if (open.method === "initialize" && !answer.failed) {
      this.#calls.client = versionOfInitialize(answer, this.#calls.client);
    } else if (open.task !== null) {
      const end = taskEnd(open.method, answer);
      if (end !== null) this.#calls.taskEnded(open.task, end, answer.length);
    }
  }

  #notice(text: ReadText, notification: Message): void {
    const open = this.#cancelledBy(text, notification);
    if (open !== undefined) {
      if (open.isHeld) return this.#cancelHeld(open);
      open.table.retire(open.id);
      if (open.call === null) return;
      this.#context.deadlines.stop(open);
      this.#calls.end(open.call, { outcome: "cancelled" });
    } else if (text.direction === "to_agent") {
      const task = taskNotified(notification);
      const end = task === null ? null : taskState(notification);
      if (end !== null) this.#calls.taskEnded(task!, end, notification.length);
    }
  }

  /**
   * The open request that a message cancels: by exactly its id. What is spelled otherwise cancels
   * nothing at a strict server, whose answer still has to be known.
   */
  #cancelledBy({ direction, exchange }: ReadText, message: Message): OpenRequest | undefined {
    if (message.method !== "notifications/cancelled") return undefined;
    const id = message.value(REQUEST_ID);
    if (typeof id !== "string" && typeof id !== "number") return undefined;
    return this.#requests.tableOf(direction, exchange).get(id);
  }
}

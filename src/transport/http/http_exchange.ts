/**
 * One HTTP request of an agent, and what comes back on it, as the session sees it.
 *
 * @module
 */

import type { Direction, Refusal } from "../../session/call.ts";
import { versionOfRequest } from "../../session/client_info.ts";
import type { EndOfCall } from "../../session/calls.ts";
import type { MessageSink } from "../../session/ends.ts";
import { type Exchange, SessionRequests } from "../../session/exchange.ts";
import type { OpenRequest } from "../../session/requests.ts";
import type { Session } from "../../session/session.ts";
import { WIRE_CODES } from "../../errors.ts";
import type { RpcError } from "../../wire/answers.ts";
import { type Edit, splice } from "../../wire/edits.ts";
import type { Message, MessageId } from "../../wire/message.ts";
import type { HeaderList } from "./headers.ts";
import { HEADER_MISMATCH, mismatch } from "./mirrors.ts";
import { isRepeatable } from "./repeatable.ts";

const LISTEN = "subscriptions/listen";
const NOTIFICATIONS = new TextEncoder().encode("notifications");

/** Who sees to it that what an exchange is given leaves. */
export interface Keeper {
  /** Called when something came that no text has brought. */
  delivered(): void;
  /** Called when something went wrong inside: nothing more may pass. */
  failed(fault: unknown): void;
}

/** Who speaks to the server for us. */
export interface Voice {
  tellServer(json: string): void;
}

const NOTHING = (): void => {};
const NOBODY: MessageSink = Object.freeze({ forward: NOTHING, say: NOTHING });

/** Options of a {@link HttpExchange}. */
export interface HttpExchangeOptions {
  readonly session: Session;
  /** Headers of the request. */
  readonly headers: HeaderList;
  /** Whether ids are unique in this exchange alone: the server keeps no session with this agent. */
  readonly isAlone: boolean;
  /** Directions in which answers pass whose requests are not known here. */
  readonly unknownAnswers: ReadonlySet<Direction>;
}

/** Takes what the session gives; whoever runs the exchange sees to it that it leaves. */
export class HttpExchange implements Exchange {
  readonly isMultiline = true;
  readonly requests?: SessionRequests;
  readonly unknownAnswers: ReadonlySet<Direction>;
  readonly toServer: MessageSink = new ToServer(this);
  readonly toAgent: MessageSink = new ToAgent(this);
  /** The body that goes on to the server; null while there is none. */
  outbound: Uint8Array | null = null;
  /** What goes to the agent as one body. */
  readonly texts: (string | Uint8Array)[] = [];
  /** Takes what goes to the agent, once it is no body any more. */
  receiver: MessageSink | undefined;
  /** Whether its messages are of 2026-07-28 or later. */
  isModern = false;
  /** Whether headers and body disagree. */
  isMismatched = false;
  /** Whether what it asks may be sent once more. */
  isRepeatable = true;
  /** Whether it calls a tool. */
  hasCalls = false;
  /** The `subscriptions/listen` request in it that wants to hear of other tools; null for none. */
  subscription: MessageId | null = null;
  keeper: Keeper | null = null;
  voice: Voice | null = null;
  readonly #session: Session;
  #headers: HeaderList | undefined;
  #open: OpenRequest[] = [];

  constructor({ session, headers, isAlone, unknownAnswers }: HttpExchangeOptions) {
    this.#session = session;
    this.#headers = headers;
    this.unknownAnswers = unknownAnswers;
    if (isAlone) this.requests = new SessionRequests();
  }

  /** Whether nobody waits any more for an answer to what it asked. */
  get isAnswered(): boolean {
    return this.#open.every((open) => open.table.get(open.id) !== open);
  }

  /** Whether a tool is being called. */
  get hasOpenCalls(): boolean {
    return this.#open.some((open) => open.call !== null && open.table.get(open.id) === open);
  }

  began(open: OpenRequest): void {
    this.#open.push(open);
    this.hasCalls ||= open.call !== null;
  }

  objects(message: Message): Refusal | undefined {
    this.isRepeatable &&= message.kind === "request" && isRepeatable(message.method);
    if (message.kind === "response") return undefined;
    const version = versionOfRequest(message);
    this.isModern ||= version !== undefined;
    const fault = mismatch(this.#headers!, message, version);
    if (fault === undefined) return void this.#note(message);
    this.isMismatched = true;
    return {
      outcome: "malformed",
      policyHit: "malformed",
      code: version === undefined ? WIRE_CODES.invalidRequest : HEADER_MISMATCH,
      message: `Nothing was executed: ${fault}. Send headers that say what the body says.`,
      detail: fault,
    };
  }

  /** Ends what nobody will answer any more. @param answer What the agent is told, if it can be. */
  endOpen(end: EndOfCall, answer?: RpcError): void {
    for (const open of this.#open) this.#session.endRequest(open, end, answer);
    this.#open = [];
  }

  /**
   * Lets go of all that it has held, when nothing more comes of it: V8 may keep what is left for long
   * after, since the tables of a `Map` that requests have passed through keep one another.
   */
  release(): void {
    if (!this.isAnswered) return;
    this.#headers = undefined;
    this.#open = [];
    this.outbound = null;
    this.texts.length = 0;
    this.receiver = NOBODY;
    this.keeper = this.voice = null;
  }

  deliver(): void {
    this.keeper?.delivered();
  }

  fail(fault: unknown): void {
    this.keeper?.failed(fault);
  }

  #note(message: Message): void {
    if (message.method !== LISTEN || message.id === null) return;
    const wanted = message.value(NOTIFICATIONS) as { toolsListChanged?: unknown } | undefined;
    if (wanted?.toolsListChanged === true) this.subscription = message.id;
  }
}

/** The end towards the server: a body that goes on, and what we say ourselves. */
class ToServer implements MessageSink {
  constructor(readonly exchange: HttpExchange) {}

  forward(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    this.exchange.outbound = splice(bytes, start, end, edits);
  }

  say(json: string): void {
    this.exchange.voice?.tellServer(json);
  }
}

/** The end towards the agent: a body, until there is a stream. */
class ToAgent implements MessageSink {
  constructor(readonly exchange: HttpExchange) {}

  forward(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    const { receiver, texts } = this.exchange;
    if (receiver !== undefined) receiver.forward(bytes, start, end, edits);
    else texts.push(splice(bytes, start, end, edits));
  }

  say(json: string): void {
    const { receiver, texts } = this.exchange;
    if (receiver === undefined) texts.push(json);
    else receiver.say(json);
  }
}

/**
 * Streamable HTTP (MCP 2025-03-26 to 2026-07-28): each request of an agent goes through the line.
 *
 * @module
 */

import type { Direction } from "../../session/call.ts";
import type { Entered } from "../../session/exchange.ts";
import type { Session } from "../../session/session.ts";
import { bomOf, includes } from "../bytes.ts";
import type { Conversation, Conversations } from "./conversations.ts";
import { type EndpointOptions, headersFor } from "./endpoint_options.ts";
import type { EventPump } from "./event_pump.ts";
import type { EventStream } from "./event_stream.ts";
import { Forwarding, type ForwardingEvents } from "./forwarding.ts";
import { Forwardings } from "./forwardings.ts";
import { type HeaderList, headerOf } from "./headers.ts";
import { HttpExchange, type Voice } from "./http_exchange.ts";
import type { Endpoint, Place, Visit } from "./http_server.ts";
import { followEdits } from "./mirrors.ts";
import { readPost } from "./post_body.ts";
import { errorReply, jsonReply, oneBody } from "./replies.ts";
import { settled } from "./settled.ts";
import { NOTHING_COMES_BACK, type UpstreamRequest } from "../upstream/upstream.ts";

const SESSION_ID = "mcp-session-id";

/** Milliseconds that an answer may take to begin to what calls no tool; calls have their own time. */
const HEAD_TIMEOUT_MS = 300_000;

/** Headers of the agent's that our own words to the server carry. */
const CARRIED: ReadonlySet<string> = new Set([
  ...["authorization", "cookie", "user-agent", SESSION_ID, "mcp-protocol-version"],
]);

const NONE: ReadonlySet<Direction> = new Set();
const BOTH: ReadonlySet<Direction> = new Set(["to_server", "to_agent"]);
const TO_AGENT: ReadonlySet<Direction> = new Set(["to_agent"]);
const TO_SERVER: ReadonlySet<Direction> = new Set(["to_server"]);

const INITIALIZE = new TextEncoder().encode('initialize"');

/** Options of a {@link StreamableHttp}. */
export interface StreamableOptions extends EndpointOptions {
  readonly conversations: Conversations;
  /** Whether other gateways serve the same sessions. */
  readonly isReplicated: boolean;
}

/** One endpoint, for both eras. */
export class StreamableHttp implements Endpoint {
  readonly #options: StreamableOptions;
  readonly #forwardings = new Forwardings();

  constructor(options: StreamableOptions) {
    this.#options = options;
  }

  serves({ pathname }: Place): boolean {
    return this.#options.target.isServed(pathname);
  }

  get active(): number {
    return this.#forwardings.size;
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#forwardings.drain(timeoutMs);
  }

  answer(visit: Visit): Promise<Response> {
    switch (visit.request.method) {
      case "POST":
        return this.#post(visit);
      case "GET":
      case "DELETE":
      case "HEAD":
      case "OPTIONS":
        return this.#other(visit);
      default:
        return Promise.resolve(
          errorReply(405, "this method is not for MCP", { allow: "GET, POST, DELETE" }),
        );
    }
  }

  async #post(visit: Visit): Promise<Response> {
    const { maxBytes, budget, pressure, departures } = this.#options;
    const body = await readPost(visit, maxBytes, budget);
    if (body instanceof Response) return body;
    const room = pressure();
    if (room !== undefined) await room;
    const turn = this.#turn(visit, body);
    const { exchange, session } = turn, start = bomOf(body);
    let entered: Entered = "unread";
    try {
      entered = session.enter("to_server", body, start, body.length, exchange);
      if (entered === "held") await settled(visit.request, departures, exchange);
    } finally {
      if (exchange.outbound === null) turn.release();
    }
    const { outbound } = exchange;
    if (outbound === null) return ownAnswer(exchange, entered);
    this.#options.onForwarded();
    const headers = turn.headers, isEdited = outbound.buffer !== body.buffer;
    return turn.forward({
      headers: isEdited ? followEdits(headers, body.subarray(start), outbound) : headers,
      body: outbound,
      headTimeoutMs: exchange.hasCalls ? 0 : HEAD_TIMEOUT_MS,
      mayRepeat: exchange.isRepeatable,
    });
  }

  /** A GET that opens a stream, a DELETE that ends a session, what browsers ask before. */
  #other(visit: Visit): Promise<Response> {
    const { method } = visit.request, turn = this.#turn(visit, null);
    return turn.forward({
      headers: turn.headers,
      body: null,
      headTimeoutMs: method === "GET" ? 0 : HEAD_TIMEOUT_MS,
      mayRepeat: method !== "DELETE",
    });
  }

  #turn(visit: Visit, body: Uint8Array | null): Turn {
    const { conversations } = this.#options, { principal } = visit;
    const upstreamId = headerOf(visit.headers, SESSION_ID) ?? null;
    const isNew = upstreamId === null && body !== null && includes(body, INITIALIZE);
    const conversation = isNew
      ? conversations.begin(principal)
      : conversations.of(principal, upstreamId);
    return new Turn(this.#options, this.#forwardings, visit, conversation, body?.length ?? 0);
  }
}

/** One request and its answer, in the conversation that they belong to. */
class Turn implements ForwardingEvents, Voice {
  readonly exchange: HttpExchange;
  readonly #options: StreamableOptions;
  readonly #forwardings: Forwardings;
  readonly #visit: Visit;
  readonly #conversation: Conversation;
  readonly #bodyBytes: number;
  readonly #upstreamId: string | null;
  #forwarding: Forwarding | undefined;
  #endListening: (() => void) | undefined;

  constructor(
    options: StreamableOptions,
    forwardings: Forwardings,
    visit: Visit,
    conversation: Conversation,
    bodyBytes: number,
  ) {
    this.#options = options;
    this.#forwardings = forwardings;
    this.#visit = visit;
    this.#conversation = conversation;
    this.#bodyBytes = bodyBytes;
    conversation.enter();
    const { headers } = visit, upstreamId = headerOf(headers, SESSION_ID) ?? null;
    this.#upstreamId = upstreamId;
    const exchange = this.exchange = new HttpExchange({
      session: conversation.session,
      headers,
      isAlone: upstreamId === null,
      unknownAnswers: unknownAnswers(
        upstreamId === null,
        headerOf(headers, "last-event-id") !== undefined,
        options.isReplicated,
      ),
    });
    exchange.voice = this;
  }

  get session(): Session {
    return this.#conversation.session;
  }

  /** Headers of the request as they go on. */
  get headers(): HeaderList {
    return headersFor(this.#visit, this.#options);
  }

  /** Sends the request; gives the agent's answer. */
  forward(
    parts: Pick<UpstreamRequest, "headers" | "body" | "headTimeoutMs" | "mayRepeat">,
  ): Promise<Response> {
    const { request, url } = this.#visit;
    const { headers, body, headTimeoutMs, mayRepeat } = parts;
    const path = this.#options.target.pathFor(url), { method } = request;
    const forwarding = this.#forwarding = new Forwarding({
      context: this.#options,
      session: this.session,
      exchange: this.exchange,
      request,
      ownOrigin: url.origin,
      mayResume: this.#upstreamId !== null,
      events: this,
    }, { method, path, headers, body, headTimeoutMs, mayRepeat });
    this.#forwardings.add(forwarding);
    return forwarding.send();
  }

  /** Gives back what it has taken. */
  release(): void {
    this.#options.budget.give(this.#bodyBytes);
    this.#conversation.leave();
  }

  onHead(status: number, headers: HeaderList): void {
    const { conversations } = this.#options, { request: { method }, principal } = this.#visit;
    const given = headerOf(headers, SESSION_ID), isOk = status >= 200 && status < 300;
    if (this.#upstreamId !== null) {
      const isEnded = method === "DELETE" && isOk || status === 404;
      if (isEnded) conversations.forget(principal, this.#upstreamId);
    } else if (given !== undefined || status < 300) {
      conversations.register(principal, given ?? null, this.#conversation);
    }
  }

  onStream(pump: EventPump, stream: EventStream): void {
    const { subscription } = this.exchange;
    if (this.#visit.request.method !== "GET" && subscription === null) return;
    const tell = (json: string) => {
      pump.say(json);
      stream.flush();
    };
    this.#endListening = this.#conversation.listen({ tell, subscription });
  }

  onEnd(): void {
    this.#forwardings.delete(this.#forwarding!);
    this.#endListening?.();
    // What is said of a call whose stream has ended is said where the agent still listens.
    const { exchange } = this, conversation = this.#conversation;
    if (!exchange.isAnswered && exchange.receiver !== undefined) {
      exchange.receiver = { forward: () => {}, say: (json) => conversation.tell(json) };
    }
    this.release();
  }

  /** Says something of our own, as the agent would: it is no answer that we wait for. */
  tellServer(json: string): void {
    if (this.exchange.isModern) return;
    const { upstream, target, replacingHeaders } = this.#options;
    const carried = this.headers.filter(([name]) => CARRIED.has(name));
    const own = new Map<string, string>([
      ...carried,
      ["content-type", "application/json"],
      ["accept", "application/json, text/event-stream"],
      ...replacingHeaders,
    ]);
    upstream.send({
      method: "POST",
      path: target.pathFor(this.#visit.url),
      headers: [...own],
      body: new TextEncoder().encode(json),
      headTimeoutMs: HEAD_TIMEOUT_MS,
      mayRepeat: false,
    }, NOTHING_COMES_BACK);
  }
}

/**
 * Without a session, answers come on other exchanges than their requests; after our own restart, on a
 * stream that is resumed; with replicas, at another one than the server's request came by.
 */
function unknownAnswers(
  isSessionless: boolean,
  isResumed: boolean,
  isReplicated: boolean,
): ReadonlySet<Direction> {
  if (isSessionless || isResumed && isReplicated) return BOTH;
  if (isReplicated) return TO_SERVER;
  return isResumed ? TO_AGENT : NONE;
}

/** The answer to a body of which nothing went on. */
function ownAnswer(exchange: HttpExchange, entered: Entered): Response {
  const { texts } = exchange;
  const isMalformed = exchange.isMismatched || entered === "unread" || entered === "empty";
  if (texts.length > 0) return jsonReply(isMalformed ? 400 : 200, oneBody(texts));
  if (!isMalformed) return new Response(null, { status: 202 });
  const what = exchange.isMismatched
    ? "its headers do not say what it says"
    : "it is no JSON-RPC 2.0";
  return errorReply(400, `The body was refused: ${what}.`);
}

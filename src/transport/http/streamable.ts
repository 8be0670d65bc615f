/**
 * Streamable HTTP (MCP 2025-03-26 to 2026-07-28): each request of an agent goes through the line.
 *
 * @module
 */

import type { Direction } from "../../session/call.ts";
import type { BodyBudget } from "./body.ts";
import { bomOf, includes } from "./bytes.ts";
import type { Conversation, Conversations } from "./conversations.ts";
import type { EventPump } from "./event_pump.ts";
import type { EventStream } from "./event_stream.ts";
import { Forwarding, type ForwardingContext } from "./forwarding.ts";
import { Forwardings } from "./forwardings.ts";
import { type HeaderList, headerOf, type RequestHeaderOptions, requestHeaders } from "./headers.ts";
import { HttpExchange } from "./http_exchange.ts";
import type { Endpoint, Place, Visit } from "./http_server.ts";
import { followEdits } from "./mirrors.ts";
import { readPost } from "./post_body.ts";
import { errorReply, jsonReply, oneBody } from "./replies.ts";
import { settled } from "./settled.ts";
import { NOTHING_COMES_BACK, type UpstreamRequest } from "./upstream.ts";

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

const INITIALIZE = new TextEncoder().encode('initialize"');

/** Options of a {@link StreamableHttp}. */
export interface StreamableOptions extends ForwardingContext {
  readonly conversations: Conversations;
  readonly replacingHeaders: HeaderList;
  readonly budget: BodyBudget;
  /** Called when a call has gone on, which may have a deadline. */
  readonly onForwarded: () => void;
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
    const { maxBytes, budget, pressure } = this.#options;
    const body = await readPost(visit.request, maxBytes, budget);
    if (body instanceof Response) return body;
    await pressure();
    const { conversation, exchange } = this.#begin(
      visit,
      (upstreamId, conversations) =>
        upstreamId === null && includes(body, INITIALIZE)
          ? conversations.begin(visit.principal)
          : conversations.of(visit.principal, upstreamId),
    );
    const release = conversation.use(), { length } = body;
    const done = () => {
      budget.give(length);
      release();
    };
    const start = bomOf(body);
    const entered = conversation.session.enter("to_server", body, start, length, exchange);
    if (entered === "held") await settled(visit.request, this.#options.departures, exchange);
    const { outbound } = exchange;
    if (outbound === null) {
      done();
      return ownAnswer(exchange, entered);
    }
    this.#options.onForwarded();
    const headers = this.#headers(visit), isEdited = outbound.buffer !== body.buffer;
    return this.#forward(visit, conversation, exchange, {
      headers: isEdited ? followEdits(headers, body.subarray(start), outbound) : headers,
      body: outbound,
      headTimeoutMs: exchange.hasCalls ? 0 : HEAD_TIMEOUT_MS,
      mayRepeat: exchange.isRepeatable,
    }, done);
  }

  /** A GET that opens a stream, a DELETE that ends a session, what browsers ask before. */
  #other(visit: Visit): Promise<Response> {
    const { method } = visit.request;
    const { conversation, exchange } = this.#begin(
      visit,
      (id, conversations) => conversations.of(visit.principal, id),
    );
    return this.#forward(visit, conversation, exchange, {
      headers: this.#headers(visit),
      body: null,
      headTimeoutMs: method === "GET" ? 0 : HEAD_TIMEOUT_MS,
      mayRepeat: method !== "DELETE",
    }, conversation.use());
  }

  #begin(
    visit: Visit,
    find: (upstreamId: string | null, conversations: Conversations) => Conversation,
  ): { conversation: Conversation; exchange: HttpExchange } {
    const { headers } = visit.request, upstreamId = headers.get(SESSION_ID);
    const conversation = find(upstreamId, this.#options.conversations);
    const isResumed = headers.has("last-event-id");
    const exchange: HttpExchange = new HttpExchange({
      session: conversation.session,
      headers,
      isAlone: upstreamId === null,
      // Without a session, answers come on other exchanges than their requests; after our own
      // restart, on a stream that is resumed.
      unknownAnswers: upstreamId === null ? BOTH : isResumed ? TO_AGENT : NONE,
      tellServer: (json) => {
        if (!exchange.isModern) this.#tellServer(visit, json);
      },
    });
    return { conversation, exchange };
  }

  #forward(
    { request, url, principal }: Visit,
    conversation: Conversation,
    exchange: HttpExchange,
    parts: Pick<UpstreamRequest, "headers" | "body" | "headTimeoutMs" | "mayRepeat">,
    done: () => void,
  ): Promise<Response> {
    const { conversations, target } = this.#options, { method } = request;
    const upstreamId = request.headers.get(SESSION_ID);
    const forwarding: Forwarding = new Forwarding({
      context: this.#options,
      session: conversation.session,
      exchange,
      request,
      ownOrigin: url.origin,
      mayResume: upstreamId !== null,
      onHead: (status, headers) => {
        const given = headerOf(headers, SESSION_ID);
        const isEnded = method === "DELETE" && status >= 200 && status < 300 || status === 404;
        if (upstreamId !== null) {
          if (isEnded) conversations.forget(principal, upstreamId);
        } else if (given !== undefined || status < 300) {
          conversations.register(principal, given ?? null, conversation);
        }
      },
      onStream: (pump, stream) => listen(conversation, exchange, method, pump, stream),
      onEnd: () => {
        this.#forwardings.delete(forwarding);
        done();
      },
    }, { method, path: target.pathFor(url), ...parts });
    this.#forwardings.add(forwarding);
    return forwarding.send();
  }

  #headers({ request, url, isAuthorizationOurs }: Visit): HeaderList {
    const { replacingHeaders, target } = this.#options;
    const options: RequestHeaderOptions = {
      replacing: replacingHeaders,
      ownOrigin: url.origin,
      upstreamOrigin: target.origin,
      isAuthorizationOurs,
    };
    return requestHeaders(request.headers, options);
  }

  /** Says something of our own to the server, as the agent would: it is no answer that we wait for. */
  #tellServer(visit: Visit, json: string): void {
    const { upstream, target, replacingHeaders } = this.#options;
    const replaced = new Set(replacingHeaders.map(([name]) => name));
    const carried = this.#headers(visit)
      .filter(([name]) => CARRIED.has(name) && !replaced.has(name));
    upstream.send({
      method: "POST",
      path: target.pathFor(visit.url),
      headers: [
        ...carried,
        ["content-type", "application/json"],
        ["accept", "application/json, text/event-stream"],
        ...replacingHeaders,
      ],
      body: new TextEncoder().encode(json),
      headTimeoutMs: HEAD_TIMEOUT_MS,
      mayRepeat: false,
    }, NOTHING_COMES_BACK);
  }
}

/** Has a conversation know a stream on which the agent can be told something. */
function listen(
  conversation: Conversation,
  exchange: HttpExchange,
  method: string,
  pump: EventPump,
  stream: EventStream,
): () => void {
  const tell = (json: string) => {
    pump.say(json);
    stream.flush();
  };
  const isListening = method === "GET" || exchange.subscription !== null;
  const end = isListening
    ? conversation.listen({ tell, subscription: exchange.subscription })
    : () => {};
  return () => {
    end();
    // What is said of a call whose stream has ended is said where the agent still listens.
    exchange.receiver = { forward: () => {}, say: (json) => conversation.tell(json) };
  };
}

/** The answer to a body of which nothing went on. */
function ownAnswer(exchange: HttpExchange, entered: string): Response {
  const { texts } = exchange;
  const isMalformed = exchange.isMismatched || entered === "unread" || entered === "empty";
  if (texts.length > 0) return jsonReply(isMalformed ? 400 : 200, oneBody(texts));
  if (!isMalformed) return new Response(null, { status: 202 });
  const what = exchange.isMismatched
    ? "its headers do not say what it says"
    : "it is no JSON-RPC 2.0";
  return errorReply(400, `The body was refused: ${what}.`);
}

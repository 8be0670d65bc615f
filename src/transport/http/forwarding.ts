/**
 * One HTTP request on its way to the upstream, and the answer on its way back.
 *
 * @module
 */

import { WIRE_CODES } from "../../errors.ts";
import type { Session } from "../../session/session.ts";
import { bomOf, includes } from "../bytes.ts";
import { AnswerBody } from "./answer_body.ts";
import type { Link } from "../chain.ts";
import type { Departures, Waiter, Watch } from "./departures.ts";
import { EventPump, type PumpOwner } from "./event_pump.ts";
import { EventStream, type Reader } from "./event_stream.ts";
import { essenceOf, type HeaderList, headerOf, isIdentity, responseHeaders } from "./headers.ts";
import type { HttpExchange, Keeper } from "./http_exchange.ts";
import { errorReply, jsonReply, oneBody } from "./replies.ts";
import type { StreamGarbage } from "./stream_garbage.ts";
import type { Target } from "./target.ts";
import type {
  AnswerSink,
  Upstream,
  UpstreamExchange,
  UpstreamFailure,
  UpstreamRequest,
} from "../upstream/upstream.ts";

/** Services that every forwarding needs. */
export interface ForwardingContext {
  readonly upstream: Upstream;
  readonly target: Target;
  readonly maxBytes: number;
  readonly departures: Departures;
  readonly garbage: StreamGarbage;
  /** Redacts what is no message. */
  readonly redact: (text: string) => string;
  /** Undefined while there is room in the audit log; else resolves when there is. */
  readonly pressure: () => Promise<void> | undefined;
}

/** Options of a {@link Forwarding}. */
export interface ForwardingOptions {
  readonly context: ForwardingContext;
  readonly session: Session;
  readonly exchange: HttpExchange;
  /** What the agent asks, and waits for. */
  readonly request: Request;
  /** Our own origin, as the agent knows it. */
  readonly ownOrigin: string;
  /** Whether what it asks is answered on another stream, whatever is said here (legacy SSE). */
  readonly isAnsweredElsewhere?: boolean;
  /** Whether what is still open may be answered on another stream, once an event had an id. */
  readonly mayResume: boolean;
  readonly events: ForwardingEvents;
}

/** What whoever sends a request wants to know of the answer. */
export interface ForwardingEvents {
  /** Called with the head of the answer. */
  onHead?(status: number, headers: HeaderList): void;
  /** Called when the answer is a stream. */
  onStream?(pump: EventPump, stream: EventStream): void;
  /** Called with the `endpoint` of a legacy stream; gives ours, or null to end the stream. */
  onEndpoint?(endpoint: string): string | null;
  /** Called when the answer is over, however. */
  onEnd(): void;
}

const fatal = new TextDecoder("utf-8", { fatal: true });
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const JSONRPC = encoder.encode('"jsonrpc"');

/**
 * Sends one request, and makes the agent's answer of the upstream's:
 *
 * ```text
 * send ─► head ─┬─► chunk … ─► end ─► a body: read whole, then passed
 *               └─► a stream: each event is read, and passes at once
 * ```
 */
export class Forwarding implements AnswerSink, Keeper, Waiter, Reader, PumpOwner, Link<Forwarding> {
  before: Forwarding | null = null;
  after: Forwarding | null = null;
  readonly #options: ForwardingOptions;
  readonly #response = Promise.withResolvers<Response>();
  #call: UpstreamExchange | undefined;
  #request: UpstreamRequest;
  #status = 0;
  #headers: HeaderList = [];
  readonly #body: AnswerBody;
  #pump: EventPump | undefined;
  #stream: EventStream | undefined;
  #watch: Watch | null;
  #isOver = false;
  #hasFollowed = false;

  constructor(options: ForwardingOptions, request: UpstreamRequest) {
    this.#options = options;
    this.#request = request;
    this.#body = new AnswerBody(options.context.maxBytes);
    options.exchange.keeper = this;
    // Until the answer has begun; then it is the stream that tells.
    this.#watch = options.context.departures.watch(this);
  }

  get request(): Request {
    return this.#options.request;
  }

  /** Sends the request. Gives the agent's answer, once its head is known. */
  send(): Promise<Response> {
    if (!this.#isOver) this.#call = this.#options.context.upstream.send(this.#request, this);
    return this.#response.promise;
  }

  /** The agent has gone away. Not a cancellation, but for 2026-07-28, where it is the only one. */
  left(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#call?.abort();
    const { exchange, mayResume, isAnsweredElsewhere } = this.#options;
    if (isAnsweredElsewhere) {
      // It was sent, and the stream goes on.
    } else if (exchange.isModern) {
      exchange.endOpen({ outcome: "cancelled", detail: "the agent closed the stream" });
    } else if (!(mayResume && this.#pump?.isResumable)) {
      exchange.endOpen({ outcome: "agent_gone", detail: "the agent closed the connection" });
    }
    this.#response.resolve(errorReply(499, "the agent has left"));
  }

  /** Whether nobody waits for anything but what may come by itself. */
  get isWaitingForNothing(): boolean {
    const { exchange } = this.#options;
    return exchange.isAnswered || this.#pump !== undefined && !exchange.hasOpenCalls;
  }

  /** The gateway ends: so does this, with whatever is still open. */
  stop(): void {
    if (this.#isOver) return;
    const { exchange } = this.#options;
    this.#call?.abort();
    const message = "It may have been executed: the gateway was stopped before the answer came. " +
      "Ask the operator before you repeat it.";
    exchange.endOpen({ outcome: "unknown", detail: "the gateway was stopped" }, {
      code: WIRE_CODES.serverGone,
      message,
    });
    if (this.#stream === undefined) return this.#reply(503, message);
    this.#finish();
    this.#stream.end();
  }

  head(status: number, headers: HeaderList): void {
    if (this.#follows(status, headers)) return;
    this.#status = status;
    this.#headers = headers;
    if (!isIdentity(headerOf(headers, "content-encoding"))) {
      return this.#refuse("the answer is compressed, which nobody asked for");
    }
    this.#options.events.onHead?.(status, headers);
    const isStream = status >= 200 && status < 300 &&
      essenceOf(headerOf(headers, "content-type")) === "text/event-stream";
    if (isStream) this.#startStream();
    else this.#body.expect(headerOf(headers, "content-length"));
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#isOver) return true;
    if (this.#pump !== undefined) {
      this.#pump.push(bytes);
      return this.#mayGoOn();
    }
    if (!this.#body.add(bytes)) {
      const { maxBytes } = this.#options.context;
      this.#refuse(`the answer is longer than max_message_bytes (${maxBytes})`);
    }
    return true;
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#pump === undefined) return this.#answerWhole();
    this.#endStream(false, "the stream ended without an answer");
  }

  fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    const { exchange } = this.#options;
    if (this.#pump !== undefined) return this.#endStream(true, failure.reason);
    const what = failure.wasSent ? "It may have been executed" : "Nothing was executed";
    const message = `${what}: the upstream did not answer (${failure.reason}). ` +
      (failure.wasSent ? "Ask the operator before you repeat it." : "Try again later.");
    const code = failure.isTimeout ? WIRE_CODES.timeout : WIRE_CODES.serverGone;
    exchange.endOpen({ outcome: "server_gone", detail: failure.reason }, { code, message });
    this.#reply(failure.isTimeout ? 504 : 502, message);
  }

  /** Answers with what the exchange has to say, or with words of our own. */
  #reply(status: number, message: string): void {
    const { texts } = this.#options.exchange;
    this.#finish();
    this.#response.resolve(
      texts.length > 0 ? jsonReply(status, oneBody(texts)) : errorReply(status, message),
    );
  }

  /** The upstream's answer cannot be passed on. */
  #refuse(reason: string): void {
    this.#call?.abort();
    this.fail({ phase: "body", wasSent: true, isTimeout: false, reason });
  }

  failed(fault: unknown): void {
    this.#refuse(`the gateway failed: ${String(fault)}`);
  }

  #unwatch(): void {
    if (this.#watch !== null) this.#options.context.departures.unwatch(this.#watch);
    this.#watch = null;
  }

  #finish(): void {
    this.#isOver = true;
    this.#unwatch();
    if (this.#stream !== undefined) this.#options.context.garbage.noted();
    this.#options.events.onEnd();
  }

  // ── A body ────────────────────────────────────────────────────────────────────────────────────

  #answerWhole(): void {
    const { exchange, session } = this.#options, status = this.#status;
    const body = this.#body.bytes, { texts } = exchange;
    const start = bomOf(body);
    const isOk = status >= 200 && status < 300;
    const isJson = essenceOf(headerOf(this.#headers, "content-type")) === "application/json";
    let response: Response | undefined;
    if (body.length > 0 && isJson && (isOk || includes(body, JSONRPC))) {
      const entered = session.enter("to_agent", body, start, body.length, exchange);
      if (texts.length > 0) response = this.#bodyOf(texts, entered === "passed" ? body : null);
      else if (isOk) return this.#refuse("the answer is no JSON-RPC message");
    }
    response ??= this.#textOf(body);
    const isTaken = isOk && this.#options.isAnsweredElsewhere;
    if (!isTaken) {
      exchange.endOpen({
        outcome: "error",
        detail: `HTTP ${status}`,
        errorCode: status >= 400 ? status : null,
      });
    }
    this.#finish();
    if (!this.#options.isAnsweredElsewhere) exchange.release();
    // A response has a copy of what it was given.
    this.#body.release();
    this.#response.resolve(response);
  }

  /** @param body The body that passed, perhaps changed; null when what is said is all our own. */
  #bodyOf(texts: readonly (string | Uint8Array)[], body: Uint8Array | null): Response {
    const text = oneBody(texts);
    const isChanged = body === null || typeof text === "string" || text.buffer !== body.buffer;
    const headers = responseHeaders(this.#headers, isChanged);
    return new Response(contentOf(text), { status: this.#status, headers: this.#local(headers) });
  }

  /** What is no message passes as text, redacted; what is no text does not pass. */
  #textOf(body: Uint8Array): Response {
    const { redact } = this.#options.context;
    const empty = (isChanged: boolean) => {
      const headers = this.#local(responseHeaders(this.#headers, isChanged));
      return new Response(null, { status: this.#status, headers });
    };
    if (body.length === 0 || this.#status === 204 || this.#status === 304) return empty(false);
    try {
      const text = fatal.decode(body), clean = redact(text), isChanged = clean !== text;
      const headers = this.#local(responseHeaders(this.#headers, isChanged));
      const content = isChanged ? encoder.encode(clean) : body;
      return new Response(content as BodyInit, { status: this.#status, headers });
    } catch {
      return empty(true);
    }
  }

  #local(headers: HeaderList): [string, string][] {
    const { context, ownOrigin } = this.#options;
    return context.target.localised(headers, ownOrigin) as [string, string][];
  }

  // ── A stream ──────────────────────────────────────────────────────────────────────────────────

  #startStream(): void {
    const { context, session, events, exchange } = this.#options;
    const stream = this.#stream = new EventStream(this);
    const pump = this.#pump = exchange.receiver = new EventPump({
      session,
      exchange,
      stream,
      maxBytes: context.maxBytes,
      redact: context.redact,
      owner: this,
    });
    events.onStream?.(pump, stream);
    context.garbage.noted();
    this.#unwatch();
    // What has come with the head is read before the answer begins: it may be all.
    queueMicrotask(() => this.#answerBy(stream));
  }

  #answerBy(stream: EventStream): void {
    const headers = this.#local(responseHeaders(this.#headers, true));
    this.#response.resolve(new Response(stream.body(), { status: this.#status, headers }));
  }

  resumed(): void {
    this.#call?.resume();
  }

  endpointFor(endpoint: string): string | null | undefined {
    return this.#options.events.onEndpoint?.(endpoint);
  }

  unreadable(why: string): void {
    this.#call?.abort();
    this.#endStream(true, why);
  }

  /** Whether more of the stream may come: the agent reads, and the audit log has room. */
  #mayGoOn(): boolean {
    const pressure = this.#options.context.pressure();
    pressure?.then(() => this.#call?.resume());
    return pressure === undefined && !this.#stream!.isFull;
  }

  #endStream(isBroken: boolean, detail: string): void {
    if (this.#isOver) return;
    const { exchange, mayResume } = this.#options;
    this.#finish();
    if (!(mayResume && this.#pump!.isResumable)) {
      exchange.endOpen({ outcome: "server_gone", detail });
    }
    this.#stream!.end(isBroken);
    exchange.release();
  }

  /** Something came that the upstream did not bring: a call was given up. */
  delivered(): void {
    if (this.#isOver) return;
    this.#stream?.flush();
    const { exchange, isAnsweredElsewhere } = this.#options;
    if (isAnsweredElsewhere || !exchange.isAnswered || exchange.subscription !== null) return;
    this.#finish();
    this.#call?.abort();
    if (this.#stream !== undefined) this.#stream.end();
    else this.#response.resolve(jsonReply(200, oneBody(exchange.texts)));
  }

  // ── A redirect ────────────────────────────────────────────────────────────────────────────────

  /**
   * Follows a redirect that keeps method and body, once, to the same origin: it has executed nothing,
   * and no token goes elsewhere.
   */
  #follows(status: number, headers: HeaderList): boolean {
    if (status !== 307 && status !== 308 || this.#hasFollowed) return false;
    const path = this.#options.context.target.pathOf(
      headerOf(headers, "location"),
      this.#request.path,
    );
    if (path === undefined) return false;
    this.#hasFollowed = true;
    this.#call?.abort();
    this.#request = { ...this.#request, path };
    this.#call = this.#options.context.upstream.send(this.#request, this);
    return true;
  }
}

/**
 * What a response is made of. It copies bytes, and only a collection of the whole heap frees such a
 * copy; a text is not copied.
 */
function contentOf(message: string | Uint8Array): string {
  return typeof message === "string" ? message : utf8.decode(message);
}

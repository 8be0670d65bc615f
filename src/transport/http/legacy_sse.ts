/**
 * HTTP with SSE (MCP 2024-11-05): one stream for each agent, which names the address that the agent's
 * messages go to. Each stream is a session of its own; nothing of one reaches another.
 *
 * @module
 */

import type { Direction } from "../../session/call.ts";
import type { ConversationOptions, Line } from "./conversations.ts";
import { type EndpointOptions, headersFor } from "./endpoint_options.ts";
import type { EventPump } from "./event_pump.ts";
import type { EventStream } from "./event_stream.ts";
import { Forwarding } from "./forwarding.ts";
import { Forwardings } from "./forwardings.ts";
import { HttpExchange } from "./http_exchange.ts";
import type { Endpoint, Place, Visit } from "./http_server.ts";
import { readPost } from "./post_body.ts";
import { errorReply } from "./replies.ts";
import { settled } from "./settled.ts";
import { NOTHING_COMES_BACK } from "../upstream/upstream.ts";

/** Milliseconds that an upstream may take to accept a message. */
const ACCEPT_TIMEOUT_MS = 60_000;

const NONE: ReadonlySet<Direction> = new Set();

/** Options of a {@link LegacySse}. */
export interface LegacySseOptions extends EndpointOptions {
  readonly connect: ConversationOptions["connect"];
}

/** One agent's stream. */
interface AgentStream {
  readonly line: Line;
  readonly principal: string;
  /** Whether the agent still reads it. */
  readonly isOpen: boolean;
  /** Says something of our own to the agent. */
  say(json: string): void;
  flush(): void;
}

/** The stream and the addresses that it has named. */
export class LegacySse implements Endpoint {
  readonly #options: LegacySseOptions;
  readonly #forwardings = new Forwardings();
  /** By path and query of their addresses. */
  readonly #streams = new Map<string, AgentStream>();

  constructor(options: LegacySseOptions) {
    this.#options = options;
  }

  serves({ pathname, search }: Place): boolean {
    return this.#options.target.isServed(pathname) || this.#streams.has(pathname + search);
  }

  get active(): number {
    return this.#forwardings.size;
  }

  drain(timeoutMs: number): Promise<void> {
    return this.#forwardings.drain(timeoutMs);
  }

  async answer(visit: Visit): Promise<Response> {
    const { url, request, principal } = visit;
    if (request.method === "GET" && this.#options.target.isServed(url.pathname)) {
      return await this.#open(visit);
    }
    if (request.method !== "POST") {
      return errorReply(405, "open the stream by GET; send messages by POST to its endpoint", {
        allow: "GET, POST",
      });
    }
    const stream = this.#streams.get(url.pathname + url.search);
    if (stream === undefined || stream.principal !== principal.key) {
      return errorReply(404, "no stream of yours has this endpoint; open one by GET");
    }
    return await this.#post(visit, stream);
  }

  /** Opens an agent's stream. */
  async #open(visit: Visit): Promise<Response> {
    const { target } = this.#options, { url, request, principal } = visit;
    const sessionId = crypto.randomUUID();
    let stream: AgentStream | undefined, endpoint: string | undefined;
    const line = this.#options.connect({
      sessionId,
      agent: () => principal.isKnown ? principal.key : `session ${sessionId}`,
      tellAgent: (json) => stream?.say(json),
    });
    const path = target.pathFor(url);
    const forwarding: Forwarding = new Forwarding({
      context: this.#options,
      session: line.session,
      exchange: this.#exchange(visit, line, () => endpoint),
      request,
      ownOrigin: url.origin,
      mayResume: false,
      events: {
        onEndpoint: (given) => {
          endpoint = target.pathOf(given, path);
          if (endpoint === undefined || stream === undefined) return null;
          this.#streams.set(endpoint, stream);
          return endpoint;
        },
        onStream: (pump, events) => stream = streamOf(line, principal.key, pump, events),
        onEnd: () => {
          if (endpoint !== undefined) this.#streams.delete(endpoint);
          this.#forwardings.delete(forwarding);
          const outcome = stream?.isOpen ? "server_gone" : "agent_gone";
          line.session.endAll(outcome, "its stream has ended");
          line.close();
        },
      },
    }, {
      method: "GET",
      path,
      headers: headersFor(visit, this.#options),
      body: null,
      headTimeoutMs: ACCEPT_TIMEOUT_MS,
      mayRepeat: true,
    });
    this.#forwardings.add(forwarding);
    return await forwarding.send();
  }

  /** Takes a message for one stream. */
  async #post(visit: Visit, stream: AgentStream): Promise<Response> {
    const { maxBytes, budget, pressure } = this.#options;
    const body = await readPost(visit, maxBytes, budget);
    if (body instanceof Response) return body;
    try {
      await pressure();
      return await this.#enter(visit, stream, body);
    } finally {
      budget.give(body.length);
    }
  }

  async #enter(visit: Visit, stream: AgentStream, body: Uint8Array): Promise<Response> {
    const { line } = stream, { url } = visit, endpoint = url.pathname + url.search;
    const exchange = this.#exchange(visit, line, () => endpoint);
    exchange.receiver = { forward: () => {}, say: (json) => stream.say(json) };
    const entered = line.session.enter("to_server", body, 0, body.length, exchange);
    if (entered === "held") await settled(visit.request, this.#options.departures, exchange);
    stream.flush();
    const isRead = entered !== "unread" && entered !== "empty";
    if (exchange.outbound === null) {
      return isRead
        ? new Response("Accepted", { status: 202 })
        : errorReply(400, "The body was refused: it is no JSON-RPC 2.0.");
    }
    this.#options.onForwarded();
    const forwarding: Forwarding = new Forwarding({
      context: this.#options,
      session: line.session,
      exchange,
      request: visit.request,
      ownOrigin: url.origin,
      isAnsweredElsewhere: true,
      mayResume: false,
      events: { onEnd: () => this.#forwardings.delete(forwarding) },
    }, {
      method: "POST",
      path: endpoint,
      headers: headersFor(visit, this.#options),
      body: exchange.outbound,
      headTimeoutMs: ACCEPT_TIMEOUT_MS,
      mayRepeat: exchange.isRepeatable,
    });
    this.#forwardings.add(forwarding);
    const response = await forwarding.send();
    stream.flush();
    return response;
  }

  #exchange(visit: Visit, line: Line, endpoint: () => string | undefined): HttpExchange {
    const exchange = new HttpExchange({
      session: line.session,
      headers: visit.headers,
      isAlone: false,
      unknownAnswers: NONE,
    });
    exchange.voice = {
      tellServer: (json) => {
        const path = endpoint();
        if (path !== undefined) this.#tellServer(visit, path, json);
      },
    };
    return exchange;
  }

  #tellServer(visit: Visit, path: string, json: string): void {
    const headers = headersFor(visit, this.#options).filter(([name]) => name !== "content-type");
    this.#options.upstream.send({
      method: "POST",
      path,
      headers: [...headers, ["content-type", "application/json"]],
      body: new TextEncoder().encode(json),
      headTimeoutMs: ACCEPT_TIMEOUT_MS,
      mayRepeat: false,
    }, NOTHING_COMES_BACK);
  }
}

function streamOf(
  line: Line,
  principal: string,
  pump: EventPump,
  events: EventStream,
): AgentStream {
  return {
    line,
    principal,
    get isOpen() {
      return events.isOpen;
    },
    say: (json) => {
      pump.say(json);
      events.flush();
    },
    flush: () => events.flush(),
  };
}

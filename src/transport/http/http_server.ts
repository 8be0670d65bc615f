/**
 * The door of `serve`: listens, turns away who has no business here, and hands requests to the
 * endpoint, past every router, or to the rest of the house.
 *
 * @module
 */

import type { Conversations, Principal } from "./conversations.ts";
import { isSameSecret } from "../../same_secret.ts";
import { waitAtMost } from "../../wait_at_most.ts";
import { credentialOf } from "./credentials.ts";
import type { Doors } from "./doors.ts";
import { type HeaderList, headerOf, listOf } from "./headers.ts";
import type { House } from "./house.ts";
import { errorReply, jsonReply, noToken } from "./replies.ts";

/** The address of a request, in parts. */
export type Place = Pick<URL, "origin" | "pathname" | "search">;

/** A request, who asks, and what of it was meant for us. */
export interface Visit {
  readonly request: Request;
  /** Its headers, read once: each look into a `Headers` costs. */
  readonly headers: HeaderList;
  readonly url: Place;
  readonly principal: Principal;
  /** Whether `Authorization` held our own token. */
  readonly isAuthorizationOurs: boolean;
}

/** What answers the requests of agents. */
export interface Endpoint {
  /** Whether a request is for it. */
  serves(url: Place): boolean;
  answer(visit: Visit): Promise<Response>;
  /** Number of requests under way, streams included. */
  readonly active: number;
  /** Ends what waits for nothing, and soon all; resolves when nothing is under way. */
  drain(timeoutMs: number): Promise<void>;
}

/** Options of {@link HttpServer}. */
export interface HttpServerOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** A certificate and its key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** What agents must show (`[serve] client_token`); undefined for nothing. */
  readonly clientToken: string | undefined;
  readonly doors: Doors;
  readonly endpoint: Endpoint;
  readonly conversations: Conversations;
  /** Answers everything else. */
  readonly others: House;
  /** Whether calls can be taken now, as far as it is not the server that is stopping. */
  readonly isFit: () => boolean;
  /** Called with what was thrown while a request was answered. */
  readonly onFault: (fault: unknown) => void;
}

/** Milliseconds that connections have to end once nothing is under way on them. */
const LINGER_MS = 1000;

/** Milliseconds between two looks for conversations that nobody uses. */
const SWEEP_MS = 60_000;

/** Listens from its construction to {@link close}. */
export class HttpServer {
  /** Our own origin. */
  readonly origin: string;
  readonly #options: HttpServerOptions;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sweeper: ReturnType<typeof setInterval>;
  #isLeaving = false;
  #isDraining = false;

  /** @throws {Error} of the operating system when the port cannot be opened. */
  constructor(options: HttpServerOptions) {
    this.#options = options;
    const { hostname, port, tls, conversations } = options;
    const handler = (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) =>
      this.#handle(request, info);
    expectAborts();
    this.#server = Deno.serve(
      {
        hostname,
        port,
        ...tls,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      },
      handler,
    );
    const name = hostname.includes(":") ? `[${hostname}]` : hostname;
    const scheme = tls === undefined ? "http" : "https";
    this.origin = `${scheme}://${name}:${this.#server.addr.port}`;
    this.#sweeper = setInterval(() => conversations.sweep(), SWEEP_MS);
  }

  /** Number of requests under way, streams included. */
  get active(): number {
    return this.#options.endpoint.active;
  }

  /** Tells whoever asks `/ready` to send no more; what comes is still taken. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Takes no more, gives what is under way so much time, and ends. */
  async close(timeoutMs: number): Promise<void> {
    this.#isLeaving = this.#isDraining = true;
    clearInterval(this.#sweeper);
    await this.#options.endpoint.drain(timeoutMs);
    // An agent that never sends the rest of a body, although it was answered, would keep us for ever.
    await waitAtMost(LINGER_MS, this.#server.shutdown());
  }

  #handle(
    request: Request,
    { remoteAddr }: Deno.ServeHandlerInfo<Deno.NetAddr>,
  ): Response | Promise<Response> {
    const { doors, endpoint, others, onFault } = this.#options;
    const url = placeOf(request.url), probed = this.#probed(url);
    if (probed !== undefined) return probed;
    const headers = listOf(request.headers);
    const objection = doors.objection(headers, url.origin);
    if (objection !== undefined) return errorReply(403, objection);
    const caller = this.#callerOf(headers, remoteAddr);
    if (!endpoint.serves(url)) return others(request, caller !== null);
    if (this.#isDraining) {
      return errorReply(503, "the gateway is stopping", { connection: "close" });
    }
    if (caller === null) return noToken();
    return endpoint.answer({ request, headers, url, ...caller }).catch((fault) => {
      onFault(fault);
      return errorReply(500, "the gateway failed; ask the operator to look at its log");
    });
  }

  /** What a load balancer wants to know, by whatever name it calls us; undefined for all else. */
  #probed({ pathname }: Place): Response | undefined {
    if (pathname === "/live") return jsonReply(200, '{"status":"live"}');
    if (pathname !== "/ready") return undefined;
    if (this.#isLeaving) return jsonReply(503, '{"status":"stopping"}');
    return this.#options.isFit()
      ? jsonReply(200, '{"status":"ready"}')
      : jsonReply(503, '{"status":"calls cannot be recorded"}');
  }

  /** Null for one who has to show our token and does not. */
  #callerOf(
    headers: HeaderList,
    { hostname }: Deno.NetAddr,
  ): Pick<Visit, "principal" | "isAuthorizationOurs"> | null {
    const { clientToken } = this.#options, own = headerOf(headers, "x-agentgate-token");
    let isAuthorizationOurs = false;
    if (clientToken !== undefined) {
      const bearer = /^bearer +(.+)$/i.exec(headerOf(headers, "authorization") ?? "")?.[1];
      isAuthorizationOurs = own === undefined && bearer !== undefined &&
        isSameSecret(bearer, clientToken);
      if (!isAuthorizationOurs && !(own !== undefined && isSameSecret(own, clientToken))) {
        return null;
      }
    }
    return { principal: credentialOf(headers, hostname, isAuthorizationOurs), isAuthorizationOurs };
  }
}

/** The parts of an absolute address that Deno has made, and so is well-formed. */
function placeOf(url: string): Place {
  const path = url.indexOf("/", url.indexOf("//") + 2), query = url.indexOf("?", path);
  return {
    origin: url.slice(0, path),
    pathname: query < 0 ? url.slice(path) : url.slice(path, query),
    search: query < 0 ? "" : url.slice(query),
  };
}

/**
 * Keeps Deno from printing a warning that is for others: it aborts the signal of a request also when
 * its answer has been sent, and we listen no more by then.
 */
function expectAborts(): void {
  const { warn } = console;
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes("request.signal aborts on successful responses")) warn(...words);
  };
}

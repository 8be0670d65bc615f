/**
 * The upstream by undici, which sends a request once: Deno's own clients send a POST again when a
 * connection that was used before ends without an answer, and a tool would run twice.
 *
 * @module
 */

import { Client, type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { reasonOf } from "../../errors.ts";
import type { HeaderList } from "./headers.ts";
import {
  type AnswerSink,
  NOTHING_COMES_BACK,
  type Upstream,
  type UpstreamExchange,
  type UpstreamFailure,
  type UpstreamRequest,
} from "./upstream.ts";

/** Time for a connection to be made. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Time that an unused connection is kept, unless the upstream tells less. */
const KEEP_ALIVE_MS = 4_000;

/** Options of an {@link UndiciUpstream}. */
export interface UndiciOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: readonly string[];
  /** Whether the environment names a proxy (`HTTPS_PROXY`, `HTTP_PROXY`). */
  readonly hasProxy: boolean;
}

/** Connections to one origin, as many as are needed: each stream keeps one. */
export class UndiciUpstream implements Upstream {
  readonly #options: UndiciOptions;
  readonly #dispatcher: Dispatcher;

  constructor(options: UndiciOptions) {
    this.#options = options;
    this.#dispatcher = options.hasProxy
      ? new EnvHttpProxyAgent(settings(options))
      : new Pool(options.origin, settings(options));
  }

  send(request: UpstreamRequest, sink: AnswerSink): UpstreamExchange {
    const repeat = request.mayRepeat ? () => this.#repeat(request, call) : undefined;
    const call = new UpstreamCall(sink, repeat);
    this.#dispatch(this.#dispatcher, request, call);
    return call;
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #dispatch(dispatcher: Dispatcher, request: UpstreamRequest, call: UpstreamCall): void {
    const { method, path, headers, body, headTimeoutMs } = request;
    try {
      dispatcher.dispatch({
        origin: this.#options.origin,
        method: method as Dispatcher.HttpMethod,
        path,
        headers: headers.flat(),
        body,
        headersTimeout: headTimeoutMs,
        bodyTimeout: 0,
      }, call);
    } catch (fault) {
      call.refuse(reasonOf(fault));
    }
  }

  /** Sends a request once more, on a connection that nobody has used. */
  #repeat(request: UpstreamRequest, call: UpstreamCall): void {
    const { origin, hasProxy } = this.#options;
    const fresh = hasProxy ? this.#dispatcher : new Client(origin, settings(this.#options));
    this.#dispatch(fresh, request, call);
    if (fresh instanceof Client) fresh.close().catch(() => {});
  }
}

function settings({ ca }: UndiciOptions) {
  return {
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca === undefined ? {} : { ca: [...ca] }) },
  };
}

/** One request, told to its sink. */
class UpstreamCall implements Dispatcher.DispatchHandler, UpstreamExchange {
  #sink: AnswerSink;
  #repeat: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: UpstreamFailure["phase"] = "connect";
  #isOver = false;

  constructor(sink: AnswerSink, repeat: (() => void) | undefined) {
    this.#sink = sink;
    this.#repeat = repeat;
  }

  abort(): void {
    if (this.#isOver) return;
    const controller = this.#controller;
    this.#release();
    controller?.abort(new Error("no longer wanted"));
  }

  resume(): void {
    if (!this.#isOver) this.#controller?.resume();
  }

  /** Fails before anything was sent. */
  refuse(reason: string): void {
    this.#fail(reason, false);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("no longer wanted"));
    else this.#phase = "head";
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#isOver || status < 200) return;
    this.#phase = "body";
    this.#sink.head(status, listOf(headers));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.#isOver) return;
    // A Buffer's slices would be views of what is used again.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!this.#sink.chunk(bytes)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    const sink = this.#sink;
    this.#release();
    sink.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const { code } = error as { code?: string };
    const isTimeout = /TIMEOUT|TIMEDOUT/.test(code ?? "");
    const repeat = this.#repeat;
    if (!this.#isOver && this.#phase !== "body" && !isTimeout && repeat !== undefined) {
      this.#repeat = undefined;
      this.#phase = "connect";
      return repeat();
    }
    this.#fail(wordsOf(error), isTimeout);
  }

  /** It is over; whoever keeps it, keeps nothing else. */
  #release(): void {
    this.#isOver = true;
    this.#sink = NOTHING_COMES_BACK;
    this.#repeat = this.#controller = undefined;
  }

  #fail(reason: string, isTimeout: boolean): void {
    if (this.#isOver) return;
    const phase = this.#phase, sink = this.#sink;
    this.#release();
    sink.fail({ phase, wasSent: phase !== "connect", isTimeout, reason });
  }
}

function listOf(headers: Record<string, string | string[] | undefined>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).map((one) => [name, one] as const)
  );
}

/** What went wrong, without addresses of our own: an agent may read it. */
function wordsOf(error: Error): string {
  const { code, cause } = error as { code?: string; cause?: unknown };
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return "the connection was closed";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "no such host";
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return "no connection in time";
    case "UND_ERR_HEADERS_TIMEOUT":
      return "no answer in time";
  }
  return reasonOf(cause instanceof Error ? cause : error);
}

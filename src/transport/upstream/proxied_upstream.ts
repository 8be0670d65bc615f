/**
 * The upstream behind a proxy that the environment names, by undici: it knows tunnels, and which hosts
 * go past the proxy. It sends a request once, as our own connections do.
 *
 * @module
 */

import { rootCertificates } from "node:tls";
import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import { reasonOf } from "../../errors.ts";
import type { HeaderList } from "../http/headers.ts";
import type { Destination } from "./dial.ts";
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

/** Connections to one origin, as many as are needed: each stream keeps one. */
export class ProxiedUpstream implements Upstream {
  readonly #origin: string;
  readonly #dispatcher: Dispatcher;

  constructor({ origin, ca }: Destination) {
    this.#origin = origin;
    this.#dispatcher = new EnvHttpProxyAgent({
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        ...(ca === undefined ? {} : { ca: [...rootCertificates, ...ca] }),
      },
    });
  }

  send(request: UpstreamRequest, sink: AnswerSink): UpstreamExchange {
    const repeat = request.mayRepeat ? () => this.#dispatch(request, call) : undefined;
    const call = new UpstreamCall(sink, repeat);
    this.#dispatch(request, call);
    return call;
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #dispatch(request: UpstreamRequest, call: UpstreamCall): void {
    const { method, path, headers, body, headTimeoutMs } = request;
    try {
      this.#dispatcher.dispatch({
        origin: this.#origin,
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

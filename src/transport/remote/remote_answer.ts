/**
 * The answer of a remote server to one POST or GET, as lines of JSON.
 *
 * @module
 */

import { includes } from "../bytes.ts";
import { AnswerBody } from "../http/answer_body.ts";
import { essenceOf, type HeaderList, headerOf } from "../http/headers.ts";
import { SseReader } from "../http/sse_reader.ts";
import type { AnswerSink, UpstreamFailure } from "../upstream/upstream.ts";

const JSONRPC = new TextEncoder().encode('"jsonrpc"');

/** End of an answer. */
export interface AnswerEnd {
  /** The HTTP status; 0 when no head came. */
  readonly status: number;
  /** Set when it failed, or broke off. */
  readonly failure: UpstreamFailure | null;
  /** Id of the last event, to go on behind; null for none. */
  readonly lastEventId: string | null;
  /** Milliseconds that the server asks to wait before that; null when it does not say. */
  readonly retryMs: number | null;
}

/** Options of a {@link RemoteAnswer}. */
export interface RemoteAnswerOptions {
  readonly maxBytes: number;
  readonly onHead: (status: number, headers: HeaderList) => void;
  /** Called with the JSON text of each message (or batch). */
  readonly onMessage: (json: Uint8Array) => void;
  readonly onEnd: (end: AnswerEnd) => void;
}

/** Reads one answer. */
export class RemoteAnswer implements AnswerSink {
  readonly #options: RemoteAnswerOptions;
  #status = 0;
  #isJson = false;
  readonly #body: AnswerBody;
  #events: SseReader | undefined;
  #lastEventId: string | null;
  #retryMs: number | null = null;
  #tooLong = false;

  constructor(options: RemoteAnswerOptions, lastEventId: string | null = null) {
    this.#options = options;
    this.#body = new AnswerBody(options.maxBytes);
    this.#lastEventId = lastEventId;
  }

  head(status: number, headers: HeaderList): void {
    const type = essenceOf(headerOf(headers, "content-type"));
    this.#status = status;
    this.#isJson = type === "application/json";
    this.#options.onHead(status, headers);
    if (status !== 200 || type !== "text/event-stream") return;
    this.#events = new SseReader(this.#options.maxBytes, {
      event: ({ type, id, retry, data }) => {
        if (id !== null) this.#lastEventId = id === "" ? null : id;
        if (retry !== null && /^\d{1,9}$/.test(retry)) this.#retryMs = Number(retry);
        const isMessage = type === null || type === "message";
        if (isMessage && data !== null && data.length > 0) this.#options.onMessage(data);
      },
      oversized: () => this.#tooLong = true,
    });
  }

  chunk(bytes: Uint8Array): boolean {
    if (this.#events !== undefined) this.#events.push(bytes);
    else if (!this.#body.add(bytes)) this.#tooLong = true;
    return true;
  }

  end(): void {
    if (this.#tooLong) return this.#failed("the answer is longer than max_message_bytes");
    const body = this.#body.bytes;
    if (this.#isJson && includes(body, JSONRPC)) this.#options.onMessage(body);
    this.#end(null);
  }

  fail(failure: UpstreamFailure): void {
    this.#end(failure);
  }

  #failed(reason: string): void {
    this.#end({ phase: "body", wasSent: true, isTimeout: false, reason });
  }

  #end(failure: UpstreamFailure | null): void {
    this.#options.onEnd({
      status: this.#status,
      failure,
      lastEventId: this.#lastEventId,
      retryMs: this.#retryMs,
    });
  }
}

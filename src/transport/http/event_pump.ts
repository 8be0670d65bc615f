/**
 * The way of events from the upstream to the agent: each is read, and passes as it came unless
 * something in it was changed.
 *
 * @module
 */

import type { MessageSink } from "../../session/ends.ts";
import type { Session } from "../../session/session.ts";
import { type Edit, splice } from "../../wire/edits.ts";
import type { EventStream } from "./event_stream.ts";
import type { HttpExchange } from "./http_exchange.ts";
import { type SseEvent, SseReader, type SseSink } from "./sse_reader.ts";
import { commentsOf, eventOf, isOneLine, ownEvent, textEventOf } from "./sse_text.ts";

/** Bytes of the end of an event that was too long, to look for an id in. */
const TAIL_BYTES = 1024;

const decoder = new TextDecoder();

/** Options of an {@link EventPump}. */
export interface EventPumpOptions {
  readonly session: Session;
  readonly exchange: HttpExchange;
  readonly stream: EventStream;
  readonly maxBytes: number;
  /** Redacts what is no message. */
  readonly redact: (text: string) => string;
  readonly owner: PumpOwner;
}

/** Who runs a pump. */
export interface PumpOwner {
  /** Gives ours for the `endpoint` of a legacy stream, or null when it leads elsewhere. */
  endpointFor(endpoint: string): string | null | undefined;
  /** Called when no more can be read, with the reason. */
  unreadable(why: string): void;
}

/** Reads one stream of the upstream and writes one of the agent. */
export class EventPump implements MessageSink, SseSink {
  /** Whether the agent has got an event with an id: it may go on elsewhere when this stream ends. */
  isResumable = false;
  readonly #options: EventPumpOptions;
  readonly #reader: SseReader;
  #current: SseEvent | undefined;

  constructor(options: EventPumpOptions) {
    this.#options = options;
    this.#reader = new SseReader(options.maxBytes, this);
  }

  oversized(head: Uint8Array, total: number): void {
    const tail = head.subarray(-TAIL_BYTES), { session, exchange, owner } = this.#options;
    session.oversized("to_agent", head, { tail, total }, exchange);
    owner.unreadable("an event was longer than max_message_bytes");
  }

  /** Takes a part of the upstream's stream. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
    this.#options.stream.flush();
  }

  forward(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    const event = this.#current!, { stream } = this.#options;
    const isSame = edits.length === 0 && event.isPlain && event.comments.length === 0 &&
      isOneLine(bytes, start, end);
    stream.write(isSame ? event.raw : eventOf(event, splice(bytes, start, end, edits)));
  }

  /** Says something of our own; it leaves with the chunk that brought it about, or by `flush`. */
  say(json: string): void {
    this.#options.stream.write(ownEvent(json));
  }

  event(event: SseEvent): void {
    const { type, id, data } = event, { session, exchange } = this.#options;
    if (id !== null && id !== "") this.isResumable = true;
    if (type === "endpoint" && this.#endpoint(event)) return;
    if (data === null || data.length === 0 || type !== null && type !== "message") {
      return this.#passText(event);
    }
    this.#current = event;
    session.enter("to_agent", data, 0, data.length, exchange);
    this.#current = undefined;
  }

  /** Gives our own endpoint instead; false where the event means nothing. */
  #endpoint(event: SseEvent): boolean {
    const { stream, owner } = this.#options;
    const ours = owner.endpointFor(event.data === null ? "" : decoder.decode(event.data).trim());
    if (ours === undefined) return false;
    if (ours === null) owner.unreadable("the upstream's endpoint has another origin");
    else stream.write(textEventOf(event, ours));
    return true;
  }

  /** Passes what is no message: comments, ids, what other programs send. */
  #passText(event: SseEvent): void {
    const { stream, redact } = this.#options;
    const text = event.data === null ? null : decoder.decode(event.data);
    try {
      const clean = text === null ? null : redact(text), comments = event.comments.map(redact);
      const isSame = clean === text && event.comments.every((line, i) => line === comments[i]);
      if (isSame && event.isPlain) return stream.write(event.raw);
      if (comments.length > 0) stream.write(commentsOf(comments));
      if (text !== null || event.id !== null || event.retry !== null) {
        stream.write(textEventOf(event, clean));
      }
    } catch {
      // It could not be searched in time: it is nothing that anybody waits for.
    }
  }
}

/**
 * Texts that wait because a stage holds calls in them.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";
import type { OpenRequest } from "./requests.ts";

/** Bounds on what is held in one process. */
export const HELD_BOUNDS = Object.freeze({
  /** Calls that wait for somebody at once; one more is refused. */
  calls: 64,
  /** Bytes of their texts; a text beyond it is refused. */
  bytes: 16 * 1024 * 1024,
  /**
   * Bytes of texts that wait briefly, at which no more is read from agents until some have gone.
   */
  briefBytes: 1024 * 1024,
});

/** Requests of the server that a batch answers, by the places of the answers in it. */
export type Answers = ReadonlyMap<number, OpenRequest>;

/** A message or a batch, whole, that waits until each of its held calls is let through. */
export interface HeldText {
  /** A copy of it and, in a line, of what ends it. */
  readonly bytes: Uint8Array;
  /** Bytes of the text alone. */
  readonly length: number;
  readonly exchange: Exchange;
  /** Whether it is one request, and no batch. */
  readonly isAlone: boolean;
  /** Whether all that holds it is brief. */
  readonly isBrief: boolean;
  /** All requests in it. */
  readonly requests: readonly OpenRequest[];
  readonly answers: Answers;
  /** Number of calls among them that were held. */
  readonly calls: number;
  /** Those that still are. */
  readonly waiting: Set<OpenRequest>;
}

/** What is held in one process, within {@link HELD_BOUNDS}. */
export class HeldTexts {
  readonly #texts = new Map<OpenRequest, HeldText>();
  #size = 0;
  #briefBytes = 0;
  #lastingBytes = 0;
  #lastingCalls = 0;

  /** Number of texts that are held. */
  get size(): number {
    return this.#size;
  }

  /** Whether any of them waits briefly. */
  get hasBrief(): boolean {
    return this.#briefBytes > 0;
  }

  /** Whether no more should be read from agents until some have gone. */
  get isFull(): boolean {
    return this.#briefBytes >= HELD_BOUNDS.briefBytes;
  }

  /** The text that a request is part of; undefined for none. */
  textOf(request: OpenRequest): HeldText | undefined {
    return this.#texts.get(request);
  }

  /** Adds a text, unless there is no room for it. */
  add(text: HeldText): boolean {
    const { length, isBrief, requests, waiting } = text;
    if (!isBrief) {
      const calls = this.#lastingCalls + waiting.size;
      const total = this.#lastingBytes + length;
      if (calls > HELD_BOUNDS.calls || total > HELD_BOUNDS.bytes) return false;
    }
    for (const request of requests) {
      request.isHeld = true;
      this.#texts.set(request, text);
    }
    this.#count(text, 1);
    return true;
  }

  /** Takes a text out. */
  remove(text: HeldText): void {
    for (const request of text.requests) this.#texts.delete(request);
    this.#count(text, -1);
  }

  #count({ length, isBrief, calls }: HeldText, sign: 1 | -1): void {
    this.#size += sign;
    if (isBrief) {
      this.#briefBytes += sign * length;
    } else {
      this.#lastingBytes += sign * length;
      this.#lastingCalls += sign * calls;
    }
  }
}

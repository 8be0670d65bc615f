/**
 * The body of an answer that is a stream of events, as the agent reads it.
 *
 * @module
 */

import { joined } from "../bytes.ts";

/** Bytes that wait for an agent that does not read, before its upstream has to. */
export const STREAM_BUFFER_BYTES: number = 64 * 1024;

const STRATEGY: QueuingStrategy<Uint8Array> = Object.freeze({
  highWaterMark: STREAM_BUFFER_BYTES,
  size: (chunk: Uint8Array) => chunk.length,
});

/** What a reader does. */
export interface Reader {
  /** Called when the agent reads again after {@link EventStream.isFull}. */
  resumed(): void;
  /** Called when the agent has left. */
  left(): void;
}

/** Writes into one answer; what is written in one turn leaves at once. */
export class EventStream implements UnderlyingDefaultSource<Uint8Array> {
  readonly #reader: Reader;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #isOpen = true;
  #isBroken = false;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** The body of the answer: bytes when all of it has been written by now, else a stream. */
  body(): BodyInit {
    const isWhole = !this.#isOpen && !this.#isBroken;
    return isWhole ? this.#take() : new ReadableStream<Uint8Array>(this, STRATEGY);
  }

  /** For the stream itself. */
  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    if (this.#parts.length > 0) controller.enqueue(this.#take());
    if (this.#isBroken) this.#break();
  }

  /** For the stream itself. */
  pull(): void {
    this.#reader.resumed();
  }

  /** For the stream itself. */
  cancel(): void {
    this.#isOpen = false;
    this.#parts = [];
    this.#reader.left();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the agent does not read, and no more should come. */
  get isFull(): boolean {
    const room = this.#controller?.desiredSize ?? STREAM_BUFFER_BYTES - this.#bytes;
    return this.#isOpen && room <= 0;
  }

  /** Takes bytes; they are copied, when they leave at the latest. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    this.#parts.push(this.#controller === undefined ? bytes.slice() : bytes);
    this.#bytes += bytes.length;
  }

  /** Sends what was written. */
  flush(): void {
    if (this.#parts.length > 0 && this.#isOpen) this.#controller?.enqueue(this.#take());
  }

  /** Ends the answer; broken off, when that is how its source ended. */
  end(isBroken = false): void {
    if (!this.#isOpen) return;
    this.flush();
    // Sending what is left may have shown that the agent has gone.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#isBroken = isBroken;
    if (isBroken) this.#break();
    else this.#controller?.close();
  }

  #break(): void {
    this.#controller?.error(new Error("the upstream broke off"));
  }

  /** What was written, as a copy. */
  #take(): Uint8Array<ArrayBuffer> {
    const parts = this.#parts, bytes = this.#bytes;
    this.#parts = [];
    this.#bytes = 0;
    return joined(parts, bytes);
  }
}

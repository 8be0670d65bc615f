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
  readonly body: ReadableStream<Uint8Array>;
  readonly #reader: Reader;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #parts: Uint8Array[] = [];
  #isOpen = true;

  constructor(reader: Reader) {
    this.#reader = reader;
    this.body = new ReadableStream<Uint8Array>(this, STRATEGY);
  }

  /** For the stream itself. */
  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
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
    return this.#isOpen && this.#controller.desiredSize! <= 0;
  }

  /** Takes bytes; they are copied when they leave. */
  write(bytes: Uint8Array): void {
    if (this.#isOpen) this.#parts.push(bytes);
  }

  /** Sends what was written. */
  flush(): void {
    if (this.#parts.length === 0 || !this.#isOpen) return;
    const parts = this.#parts;
    this.#parts = [];
    this.#controller.enqueue(joined(parts, parts.reduce((sum, { length }) => sum + length, 0)));
  }

  /** Ends the answer; broken off, when that is how its source ended. */
  end(isBroken = false): void {
    if (!this.#isOpen) return;
    this.flush();
    // Sending what is left may have shown that the agent has gone.
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (isBroken) this.#controller.error(new Error("the upstream broke off"));
    else this.#controller.close();
  }
}

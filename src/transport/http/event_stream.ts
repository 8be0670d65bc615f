/**
 * The body of an answer that is a stream of events, as the agent reads it.
 *
 * @module
 */

/** Bytes that wait for an agent that does not read, before its upstream has to. */
export const STREAM_BUFFER_BYTES: number = 64 * 1024;

/** Bytes of the smallest room: some short events. */
const LEAST_KEPT_BYTES = 1024;

const NO_BYTES = new Uint8Array(0);

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
  /** What was written since the last flush. */
  #parts: Uint8Array[] = [];
  /** What was flushed before anybody could read: the first of this room. */
  #kept = NO_BYTES;
  #keptBytes = 0;
  /** Bytes of both. */
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
    if (this.#bytes > 0) controller.enqueue(this.#take());
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
    this.#kept = NO_BYTES;
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

  /** Takes bytes; they are valid until {@link flush}. */
  write(bytes: Uint8Array): void {
    if (!this.#isOpen) return;
    const parts = this.#parts, last = parts.at(-1);
    // What passes unchanged stands together, as it came.
    if (last !== undefined && isBehind(last, bytes)) {
      parts[parts.length - 1] = new Uint8Array(
        last.buffer,
        last.byteOffset,
        last.length + bytes.length,
      );
    } else parts.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Sends what was written, or keeps it until it can. */
  flush(): void {
    if (this.#parts.length === 0 || !this.#isOpen) return;
    if (this.#controller !== undefined) this.#controller.enqueue(this.#take());
    else this.#keep(Math.max(LEAST_KEPT_BYTES, 2 * this.#bytes));
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

  /** Copies what was written to where nobody else writes. @param room Bytes of it, if it is new. */
  #keep(room: number): void {
    if (this.#bytes > this.#kept.length) {
      const larger = new Uint8Array(room);
      larger.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = larger;
    }
    for (const part of this.#parts) {
      this.#kept.set(part, this.#keptBytes);
      this.#keptBytes += part.length;
    }
    this.#parts = [];
  }

  /** Takes all that was written away: a view of room that nobody else writes to. */
  #take(): Uint8Array<ArrayBuffer> {
    this.#keep(this.#bytes);
    const whole = this.#kept.subarray(0, this.#keptBytes);
    this.#kept = NO_BYTES;
    this.#bytes = this.#keptBytes = 0;
    return whole;
  }
}

/** Whether `next` stands right behind `last`. */
function isBehind(last: Uint8Array, next: Uint8Array): boolean {
  return next.buffer === last.buffer && next.byteOffset === last.byteOffset + last.length;
}

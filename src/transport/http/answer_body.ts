/**
 * The body of an answer, whole and within a bound.
 *
 * @module
 */

const NO_BYTES = new Uint8Array(0);

/** Bytes of the smallest room, of those that are kept together, and of the largest of them. */
const LEAST_BYTES = 4 * 1024, SPARE_BYTES = 8 * 1024 * 1024, LARGEST_BYTES = 1024 * 1024;

/** Rooms that were used and will be again: new memory costs more than what is copied into it. */
const spare: Uint8Array[] = [];
let spareBytes = 0;

/** Takes a body as it comes. */
export class AnswerBody {
  readonly #maxBytes: number;
  /** As long as the body is told to be, or growing. */
  #room: Uint8Array = NO_BYTES;
  #size = 0;
  #told = 0;

  /** @param maxBytes Longest body. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What has come: a view. */
  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#size);
  }

  /** Notes the length that the head of the answer tells; undefined when it tells none. */
  expect(contentLength: string | undefined): void {
    this.#told = Math.min(this.#maxBytes, Number(contentLength) || 0);
  }

  /** Takes a part, which is copied. Whether it was taken: not when that would be too long. */
  add(part: Uint8Array): boolean {
    const size = this.#size + part.length;
    if (size > this.#maxBytes) return false;
    if (size > this.#room.length) this.#grow(size);
    this.#room.set(part, this.#size);
    this.#size = size;
    return true;
  }

  /** Gives its room to others: nobody reads {@link bytes}, or a view of it, any more. */
  release(): void {
    const room = this.#room, { length } = room;
    this.#room = NO_BYTES;
    this.#size = 0;
    if (length === 0 || length > LARGEST_BYTES || spareBytes + length > SPARE_BYTES) return;
    spareBytes += length;
    spare.push(room);
  }

  #grow(size: number): void {
    const room = roomOf(Math.max(size, this.#told, this.#size === 0 ? 0 : 2 * size));
    room.set(this.bytes);
    this.#room = room;
  }
}

/** The room that was given back last, where it will do; else a new one. */
function roomOf(size: number): Uint8Array {
  const last = spare.pop();
  spareBytes -= last?.length ?? 0;
  return last !== undefined && last.length >= size
    ? last
    : new Uint8Array(Math.max(size, LEAST_BYTES));
}

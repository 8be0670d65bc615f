/**
 * The body of an answer, whole and within a bound.
 *
 * @module
 */

const NO_BYTES = new Uint8Array(0);

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

  #grow(size: number): void {
    const room = new Uint8Array(Math.max(size, this.#told, this.#size === 0 ? 0 : 2 * size));
    room.set(this.bytes);
    this.#room = room;
  }
}

/**
 * Reading ahead of whoever takes what is read, so that an end is noticed though nobody takes it.
 *
 * @module
 */

import { READ_BYTES } from "../transport.ts";

/** Bytes that are read ahead at most: more than a pipe or a socket holds of one that has ended. */
const MAX_AHEAD_BYTES: number = 1024 * 1024;

/** Reads a stream, a little ahead. */
export class AheadReader {
  readonly #read: (buffer: Uint8Array) => Promise<number | null>;
  readonly #chunks: Uint8Array[] = [];
  #ahead = 0;
  #ended = false;
  /** Buffer that was taken and is free again. */
  #spare: ArrayBufferLike | undefined;
  #lent: ArrayBufferLike | undefined;
  #changed = Promise.withResolvers<void>();

  /** @param read Reads some bytes and tells how many; null at the end. */
  constructor(read: (buffer: Uint8Array) => Promise<number | null>) {
    this.#read = read;
  }

  /**
   * Reads until the end, or the first fault, which is an end too.
   *
   * @param onEnd Called once, however much of what came before is not taken yet.
   */
  async run(onEnd: () => void): Promise<void> {
    for (;;) {
      while (this.#ahead >= MAX_AHEAD_BYTES) await this.#changed.promise;
      const buffer = new Uint8Array(this.#spare ?? new ArrayBuffer(READ_BYTES));
      this.#spare = undefined;
      const length = await this.#read(buffer).catch(() => null);
      if (length === null) break;
      this.#chunks.push(buffer.subarray(0, length));
      this.#ahead += length;
      this.#change();
    }
    this.#ended = true;
    this.#change();
    onEnd();
  }

  /** The next bytes, valid until the next are asked for; null at the end. */
  async next(): Promise<Uint8Array | null> {
    this.#spare ??= this.#lent;
    this.#lent = undefined;
    while (this.#chunks.length === 0 && !this.#ended) await this.#changed.promise;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return null;
    this.#ahead -= chunk.length;
    this.#lent = chunk.buffer;
    this.#change();
    return chunk;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/**
 * Skips the bytes of a JSON string that need no look, four at a time: most bytes that pass are the
 * inside of long texts.
 *
 * @module
 */

const QUOTE = 0x22, BACKSLASH = 0x5c;

/** 1 for the bytes of a string that need no look: ASCII without controls, quote and backslash. */
export const PLAIN: Uint8Array = new Uint8Array(256);
for (let c = 0x20; c < 0x80; c++) PLAIN[c] = c === QUOTE || c === BACKSLASH ? 0 : 1;

/** One byte, four times. */
const ONES = 0x01010101, SPACES = 0x20202020, QUOTES = 0x22222222, BACKSLASHES = 0x5c5c5c5c;
const TOP_BITS = 0x80808080 | 0;

/** Finds the end of runs of {@link PLAIN} bytes in one buffer after the other. */
export class PlainRuns {
  #words: Int32Array = new Int32Array(0);

  /**
   * Finds the end of the run that `i` stands in.
   *
   * @returns The first byte from `i` on that is not plain; the length of `bytes` when all are.
   */
  end(bytes: Uint8Array, i: number): number {
    const { buffer, byteOffset } = bytes;
    if (this.#words.buffer !== buffer) {
      this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    }
    const words = this.#words, last = (byteOffset + bytes.length) >> 2;
    while (((byteOffset + i) & 3) !== 0) {
      if (PLAIN[bytes[i]!] !== 1) return i;
      i++;
    }
    let at = (byteOffset + i) >> 2;
    for (; at < last; at++) {
      // A top bit is left where a byte is past ASCII, less than a space, a quote or a backslash:
      // (x - 1) & ~x has one where a byte of x is 0, and x - 0x20 where it is less than 0x20.
      const word = words[at]!, quote = word ^ QUOTES, backslash = word ^ BACKSLASHES;
      const special = word | ((word - SPACES) & ~word) | ((quote - ONES) & ~quote) |
        ((backslash - ONES) & ~backslash);
      if ((special & TOP_BITS) !== 0) break;
    }
    i = (at << 2) - byteOffset;
    while (PLAIN[bytes[i]!] === 1) i++;
    return i;
  }
}

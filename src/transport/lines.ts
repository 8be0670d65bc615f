/**
 * Cuts a byte stream into lines, whatever chunks it comes in.
 *
 * @module
 */

const LF = 0x0a, CR = 0x0d;
/** Room that is kept between lines; what a long line needed beyond it is given back. */
const KEEP_BYTES = 64 * 1024;
/** Room that is given back as soon as a line does not need it. */
const LARGE_BYTES = 4 * 1024 * 1024;
/** Chunks without a long line after which the room of those before is given back. */
const PATIENT_CHUNKS = 16;
/** Bytes of the end of an oversized line that are kept, to look for an id in. */
const TAIL_BYTES = 1024;

/** Gives the place of the first LF in a chunk from a place on; −1 for none. */
export type FindLineEnd = (chunk: Uint8Array, at: number) => number;

const findLineEnd: FindLineEnd = (chunk, at) => chunk.indexOf(LF, at);

/** Receiver of what a {@link LineFramer} finds. */
export interface LineSink {
  /**
   * A whole line: `bytes[start, end)` without its line end. `bytes[end]` is LF, or CR when one
   * stood before the LF. The view is valid until the next {@link LineFramer.push}.
   */
  line(bytes: Uint8Array, start: number, end: number): void;
  /** A line longer than the limit went by: its first bytes, its last, and how long it was. */
  oversized(head: Uint8Array, tail: Uint8Array, totalBytes: number): void;
}

/**
 * Lines end with LF; a CR before it does not belong to the line (MCP stdio transport). A line over
 * the limit is not kept: it is told of once it has ended, and the next line is read as if nothing
 * had happened.
 */
export class LineFramer {
  readonly #maxBytes: number;
  readonly #sink: LineSink;
  /** The beginning of a line whose end has not come: `#held[#from, #to)`. */
  #held = new Uint8Array(KEEP_BYTES);
  #from = 0;
  #to = 0;
  /** Chunks since a line was longer than the room that is kept. */
  #chunksSinceLong = 0;
  /** While a line is over the limit: what was seen of it so far, and its last bytes. */
  #skipped = 0;
  #tail = new Uint8Array(0);

  /** @param maxBytes Longest line that is accepted, line end not counted. */
  constructor(maxBytes: number, sink: LineSink) {
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  /** What is kept of a line that has begun and not ended: a view. */
  get held(): Uint8Array {
    return this.#held.subarray(this.#from, this.#to);
  }

  /**
   * Takes the next bytes and tells of every line that ends in them. Views that were given for the
   * chunk before are no longer valid.
   *
   * @param find Searches the chunk, where its owner can do that sooner.
   */
  push(chunk: Uint8Array, find: FindLineEnd = findLineEnd): void {
    this.#rewind();
    let at = 0;
    while (at < chunk.length) {
      const end = find(chunk, at);
      if (end < 0) return this.#hold(chunk, at, chunk.length);
      if (this.#skipped > 0) {
        this.#skip(chunk, at, end);
        this.#endOversized();
      } else if (this.#to > this.#from) {
        this.#hold(chunk, at, end + 1);
        if (this.#skipped > 0) this.#endOversized();
        else {
          const from = this.#from;
          this.#from = this.#to;
          this.#line(this.#held, from, this.#to - 1);
        }
      } else {
        this.#line(chunk, at, end);
      }
      at = end + 1;
    }
  }

  #line(bytes: Uint8Array, start: number, end: number): void {
    if (end > start && bytes[end - 1] === CR) end--;
    if (end - start > this.#maxBytes) {
      this.#sink.oversized(bytes.subarray(start, end), bytes.subarray(end, end), end - start);
    } else if (end > start) {
      this.#sink.line(bytes, start, end);
    }
  }

  /** Gives room back between chunks: no view into the held bytes is valid any more. */
  #rewind(): void {
    this.#chunksSinceLong++;
    if (this.#isTooLarge && this.#to - this.#from < KEEP_BYTES) {
      const next = new Uint8Array(KEEP_BYTES);
      next.set(this.#held.subarray(this.#from, this.#to));
      this.#held = next;
    } else if (this.#from > 0) {
      this.#held.copyWithin(0, this.#from, this.#to);
    }
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** Whether there is room for a line that is not likely to come. */
  get #isTooLarge(): boolean {
    const { length } = this.#held;
    return length > LARGE_BYTES || length > KEEP_BYTES && this.#chunksSinceLong > PATIENT_CHUNKS;
  }

  #hold(chunk: Uint8Array, start: number, end: number): void {
    if (this.#skipped > 0) return this.#skip(chunk, start, end);
    const length = this.#to - this.#from + end - start;
    // Two more than the limit: the line end is held, too.
    if (length > this.#maxBytes + 2) {
      const fits = start + this.#maxBytes - (this.#to - this.#from);
      if (fits > start) this.#append(chunk, start, fits);
      this.#skipped = this.#to - this.#from;
      this.#tail = this.#held.slice(Math.max(this.#from, this.#to - TAIL_BYTES), this.#to);
      return this.#skip(chunk, Math.max(start, fits), chunk[end - 1] === LF ? end - 1 : end);
    }
    this.#append(chunk, start, end);
  }

  #append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#to - this.#from + end - start;
    if (this.#to + end - start > this.#held.length) {
      // Views into the old room may be in use: it is left as it is, not moved.
      const room = Math.min(Math.max(length * 2, KEEP_BYTES), this.#maxBytes + KEEP_BYTES);
      const next = new Uint8Array(room);
      next.set(this.#held.subarray(this.#from, this.#to));
      this.#to -= this.#from;
      this.#from = 0;
      this.#held = next;
    }
    this.#held.set(chunk.subarray(start, end), this.#to);
    this.#to += end - start;
    if (this.#to > KEEP_BYTES) this.#chunksSinceLong = 0;
  }

  #skip(chunk: Uint8Array, start: number, end: number): void {
    this.#skipped += end - start;
    const seen = chunk.subarray(Math.max(start, end - TAIL_BYTES), end);
    const joined = new Uint8Array(this.#tail.length + seen.length);
    joined.set(this.#tail);
    joined.set(seen, this.#tail.length);
    this.#tail = joined.slice(-TAIL_BYTES);
  }

  #endOversized(): void {
    const head = this.#held.subarray(this.#from, this.#to);
    this.#from = this.#to;
    this.#sink.oversized(head, this.#tail, this.#skipped);
    this.#skipped = 0;
    this.#tail = new Uint8Array(0);
  }
}

/**
 * Buffer of what waits to be written into a stream of lines.
 *
 * @module
 */

import type { MessageSink } from "../session/ends.ts";
import type { Edit } from "../wire/edits.ts";
import { joined } from "./bytes.ts";

const LF = 0x0a, NEWLINE = new Uint8Array([LF]);
const encoder = new TextEncoder();

/**
 * Messages as lines, in order. Neighbouring views of one buffer become one view, so that a chunk of
 * many messages that all pass leaves as the chunk it came in, uncopied.
 *
 * ```text
 * forward, say ─► parts ─► next ─► (a write) ─► wrote
 * ```
 */
export class SendBuffer implements MessageSink {
  /** Bytes that are not written yet. */
  queued = 0;
  /** Bytes written so far: grows as long as the reader reads. */
  progress = 0;
  readonly #maxOwnBytes: number;
  /** What is being written; the rest of it, once some is. */
  #head: Uint8Array | undefined;
  #parts: Uint8Array[] = [];
  #ownBytes = 0;
  #isClosed = false;

  /** @param maxOwnBytes Texts of our own that may wait; beyond it they are dropped. */
  constructor(maxOwnBytes = Infinity) {
    this.#maxOwnBytes = maxOwnBytes;
  }

  /** Takes a text that goes on, as a line. */
  forward(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    if (edits.length > 0) this.#addEdited(bytes, start, end, edits);
    else if (bytes[end] === LF) return this.#add(bytes, start, end + 1);
    else this.#add(bytes, start, end);
    this.#add(NEWLINE, 0, 1);
  }

  /** Takes a text of our own, as a line. */
  say(json: string): void {
    const line = encoder.encode(json + "\n");
    if (this.#ownBytes + line.length > this.#maxOwnBytes) return;
    this.#ownBytes += line.length;
    this.#add(line, 0, line.length);
  }

  /** Gives what is to be written now, as one run of bytes; undefined when nothing waits. */
  next(): Uint8Array | undefined {
    if (this.#head !== undefined || this.#parts.length === 0) return this.#head;
    const parts = this.#parts;
    this.#parts = [];
    this.#ownBytes = 0;
    return this.#head = parts.length === 1 ? parts[0]! : joined(parts, this.queued);
  }

  /** Takes so many bytes as written of what {@link next} gave last. */
  wrote(count: number): void {
    const head = this.#head!;
    this.#head = count === head.length ? undefined : head.subarray(count);
    this.queued -= count;
    this.progress += count;
  }

  /** Drops everything, now and from now on: nobody reads any more. */
  close(): void {
    this.#isClosed = true;
    this.#head = undefined;
    this.#parts = [];
    this.queued = 0;
  }

  #add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#isClosed) return;
    this.queued += end - start;
    const last = this.#parts.at(-1);
    if (last !== undefined && last.buffer === bytes.buffer) {
      const { byteOffset, length } = last;
      if (byteOffset + length === bytes.byteOffset + start) {
        const run = new Uint8Array(bytes.buffer, byteOffset, length + end - start);
        this.#parts[this.#parts.length - 1] = run;
        return;
      }
    }
    this.#parts.push(bytes.subarray(start, end));
  }

  /** Adds a text with edits spliced in. */
  #addEdited(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    let at = start;
    for (const edit of edits) {
      if (edit.start > at) this.#add(bytes, at, edit.start);
      if (edit.replacement.length > 0) this.#add(edit.replacement, 0, edit.replacement.length);
      at = edit.end;
    }
    if (at < end) this.#add(bytes, at, end);
  }
}

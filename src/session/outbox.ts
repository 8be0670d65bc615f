/**
 * What a session has to say to one side, until the transport takes it.
 *
 * @module
 */

import type { Edit } from "../wire/scan.ts";

/**
 * Collects bytes in order. Neighbouring views of one buffer become one view, so that a chunk of many
 * messages that all pass leaves as the chunk it came in, uncopied.
 */
export class Outbox {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Adds a view; it must stay unchanged until the transport has written it. */
  add(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    this.#bytes += end - start;
    const last = this.#parts.at(-1);
    if (last !== undefined && last.buffer === bytes.buffer) {
      const follows = last.byteOffset + last.length;
      if (follows === bytes.byteOffset + start) {
        this.#parts[this.#parts.length - 1] = new Uint8Array(
          bytes.buffer,
          last.byteOffset,
          last.length + end - start,
        );
        return;
      }
    }
    this.#parts.push(bytes.subarray(start, end));
  }

  /** Adds `bytes[start, end)` with the edits spliced in; they lie inside and do not cross. */
  addEdited(bytes: Uint8Array, start: number, end: number, edits: readonly Edit[]): void {
    let at = start;
    for (const edit of [...edits].sort((a, b) => a.start - b.start || b.end - a.end)) {
      // An edit inside another is lost with what it would have changed.
      if (edit.end <= at && edit.start < at) continue;
      if (edit.start < at || edit.end > end) throw new Error("Cannot splice edits that overlap");
      if (edit.start > at) this.add(bytes, at, edit.start);
      if (edit.replacement.length > 0) this.add(edit.replacement);
      at = edit.end;
    }
    if (at < end) this.add(bytes, at, end);
  }

  /** Everything that waits, as one run of bytes; undefined when nothing does. */
  take(): Uint8Array | undefined {
    const parts = this.#parts;
    if (parts.length === 0) return undefined;
    this.#parts = [];
    const total = this.#bytes;
    this.#bytes = 0;
    if (parts.length === 1) return parts[0];
    const joined = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  }
}

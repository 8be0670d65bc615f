/**
 * Cuts a byte stream into server-sent events, whatever chunks it comes in (WHATWG HTML §9.2).
 *
 * @module
 */

import { bomOf, indexOfEither } from "../bytes.ts";

const LF = 0x0a, CR = 0x0d, COLON = 0x3a, SPACE = 0x20;
const NO_BYTES = new Uint8Array(0);
/** Bytes of an id as most servers make them. */
const SHORT_BYTES = 40;

type Field = "data" | "event" | "id" | "retry";

/** The known fields, by the first byte of each. */
const FIELDS: Readonly<Record<number, Field>> = Object.fromEntries(
  (["data", "event", "id", "retry"] as const).map((field) => [field.charCodeAt(0), field]),
);

const decoder = new TextDecoder();

/** One event, or what stands where one could: comments, a `retry`, an id alone. */
export interface SseEvent {
  /** Its bytes as they came, with the empty line that ends it: a view. */
  readonly raw: Uint8Array;
  /** The `event` field; null without one, which means `message`. */
  readonly type: string | null;
  /** The `id` field; null without one. */
  readonly id: string | null;
  /** The `retry` field; null without one. */
  readonly retry: string | null;
  /** The `data` lines, joined with LF; null without one. A view when there is one line. */
  readonly data: Uint8Array | null;
  /** The lines that are comments, or no known field; empty for none. */
  readonly comments: readonly string[];
  /** Whether every reader takes {@link raw} for what is said here. */
  readonly isPlain: boolean;
}

/** Receiver of what a {@link SseReader} finds. */
export interface SseSink {
  /** An event. Its views are valid until the next {@link SseReader.push}. */
  event(event: SseEvent): void;
  /** An event is longer than the limit: no more of the stream is read. */
  oversized(head: Uint8Array, bytes: number): void;
}

/** Reads one stream. An event that its end cuts off is none. */
export class SseReader {
  readonly #maxBytes: number;
  readonly #sink: SseSink;
  /** What came of an event that has not ended. */
  #held: Uint8Array = NO_BYTES;
  #length = 0;
  #isFirst = true;
  #isOver = false;
  /** Whether the event before ended with a CR whose LF may follow. */
  #owesLf = false;

  /** @param maxBytes Longest event. */
  constructor(maxBytes: number, sink: SseSink) {
    this.#maxBytes = maxBytes;
    this.#sink = sink;
  }

  /** Takes the next bytes and tells of every event that ends in them. */
  push(chunk: Uint8Array): void {
    if (this.#isOver || chunk.length === 0) return;
    if (this.#owesLf && this.#length === 0) {
      this.#owesLf = false;
      if (chunk[0] === LF) chunk = chunk.subarray(1);
    }
    const before = this.#length;
    const bytes = before === 0 ? this.#withoutBom(chunk) : this.#append(chunk);
    let start = 0;
    if (before === 0 || mayEnd(bytes, Math.max(0, before - 3))) {
      for (let end; (end = this.#event(bytes, start)) >= 0;) start = end;
    }
    this.#keep(bytes.subarray(start), start > 0 || before === 0);
  }

  /** Puts a chunk behind what is held. */
  #append(chunk: Uint8Array): Uint8Array {
    const length = this.#length + chunk.length;
    if (length > this.#held.length) {
      const room = new Uint8Array(Math.max(length, 2 * this.#held.length));
      room.set(this.#held.subarray(0, this.#length));
      this.#held = room;
    }
    this.#held.set(chunk, this.#length);
    const bytes = this.#withoutBom(this.#held.subarray(0, length));
    if (bytes.length < length) this.#held = this.#held.subarray(3);
    return bytes;
  }

  /** Holds what has not ended. @param isElsewhere Whether it does not stand in the buffer already. */
  #keep(rest: Uint8Array, isElsewhere: boolean): void {
    if (isElsewhere) this.#held = rest.length === 0 ? NO_BYTES : rest.slice();
    this.#length = rest.length;
    if (rest.length <= this.#maxBytes) return;
    this.#isOver = true;
    this.#sink.oversized(rest, rest.length);
  }

  /** A byte order mark at the start of a stream is none of it. */
  #withoutBom(bytes: Uint8Array): Uint8Array {
    if (!this.#isFirst) return bytes;
    this.#isFirst = bytes.length < 3;
    return bytes.subarray(bomOf(bytes));
  }

  /** Reads the event at `start`; gives where the next begins, or −1 when it has not ended. */
  #event(bytes: Uint8Array, start: number): number {
    const data: Uint8Array[] = [], comments: string[] = [];
    let type: string | null = null, id: string | null = null, retry: string | null = null;
    let isPlain = true, at = start;
    for (;;) {
      const end = lineEnd(bytes, at);
      if (end < 0) return -1;
      const isCr = bytes[end] === CR, hasLf = isCr && bytes[end + 1] === LF;
      // A CR at the very end may be half of a line end; only an empty line is not waited for.
      if (isCr && end + 1 === bytes.length && end > at) return -1;
      if (isCr && !hasLf) isPlain = false;
      const next = end + (hasLf ? 2 : 1);
      if (end === at) {
        this.#owesLf = isCr && end + 1 === bytes.length;
        const raw = bytes.subarray(start, next);
        if (next > start + 1 + (hasLf ? 1 : 0) || data.length > 0) {
          const text = data.length === 0 ? null : data.length === 1 ? data[0]! : withLf(data);
          isPlain &&= data.length < 2;
          this.#sink.event({ raw, type, id, retry, data: text, comments, isPlain });
        }
        return next;
      }
      const field = fieldAt(bytes, at, end);
      if (field === null) comments.push(decoder.decode(bytes.subarray(at, end)));
      else {
        const colon = at + field.length;
        const value = bytes.subarray(
          Math.min(end, colon + (bytes[colon + 1] === SPACE ? 2 : 1)),
          end,
        );
        if (field === "data") data.push(value);
        else if (field === "event") {
          // The last one counts, and not every reader knows that.
          isPlain &&= type === null;
          type = textOf(value);
        } else if (field === "id") {
          isPlain &&= id === null;
          const text = textOf(value);
          if (!text.includes("\0")) id = text;
        } else retry = textOf(value);
      }
      at = next;
    }
  }
}

/** The known field that the line `[at, end)` is; null for a comment, and for any other. */
function fieldAt(bytes: Uint8Array, at: number, end: number): Field | null {
  const name = FIELDS[bytes[at]!];
  if (name === undefined) return null;
  for (let i = 1; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return null;
  const after = at + name.length;
  return after === end || bytes[after] === COLON ? name : null;
}

/** UTF-8 as text: what is short and ASCII without asking the runtime. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > SHORT_BYTES) return decoder.decode(bytes);
  let text = "";
  for (const c of bytes) {
    if (c >= 0x80) return decoder.decode(bytes);
    text += String.fromCharCode(c);
  }
  return text;
}

/** Place of the next LF or CR; −1 for none. */
function lineEnd(bytes: Uint8Array, from: number): number {
  return indexOfEither(bytes, LF, CR, from);
}

/** Whether an empty line may stand behind `from`. */
function mayEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = lineEnd(bytes, from); at >= 0; at = lineEnd(bytes, at + 1)) {
    const next = bytes[at + 1];
    if (next === LF || next === CR) return true;
  }
  return false;
}

function withLf(lines: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, -1));
  let at = 0;
  for (const [i, line] of lines.entries()) {
    if (i > 0) all[at++] = LF;
    all.set(line, at);
    at += line.length;
  }
  return all;
}

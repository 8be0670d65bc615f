/**
 * Server-sent events, written.
 *
 * @module
 */

import { indexOfEither } from "../bytes.ts";
import type { SseEvent } from "./sse_reader.ts";

/** First bytes of U+0085, and of U+2028 and U+2029. */
const FIRST_OF_NEL = 0xc2, FIRST_OF_SEPARATORS = 0xe2;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** The fields of an event besides its data. */
export type SseFields = Pick<SseEvent, "type" | "id" | "retry">;

const NO_FIELDS: SseFields = { type: "message", id: null, retry: null };

/** Writes an event of our own: it has no id, so that no reader resumes behind it. */
export function ownEvent(json: string, fields: SseFields = NO_FIELDS): Uint8Array {
  return eventOf(fields, encoder.encode(json));
}

/** Writes an event whose data is JSON: on one line, and without what some readers take for a line's end. */
export function eventOf(fields: SseFields, json: Uint8Array): Uint8Array {
  return encoder.encode(`${heads(fields)}data: ${oneLine(json)}\n\n`);
}

/** Writes an event whose data is any text, each line in a field of its own. */
export function textEventOf(fields: SseFields, text: string | null): Uint8Array {
  const data = text === null ? [] : text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return encoder.encode(`${heads(fields)}${data.join("")}\n`);
}

/** Writes lines that are no event, such as comments. */
export function commentsOf(lines: readonly string[]): Uint8Array {
  return encoder.encode(lines.map((line) => `${line}\n`).join("") + "\n");
}

/** Whether a line of data goes on as it came: no reader ends a line within it. */
export function isOneLine(bytes: Uint8Array, start: number, end: number): boolean {
  const mayHaveOne = indexOfEither(bytes, FIRST_OF_NEL, FIRST_OF_SEPARATORS, start, end) >= 0;
  return !mayHaveOne ||
    !/[\u0085\u2028\u2029]/.test(decoder.decode(bytes.subarray(start, end)));
}

function oneLine(json: Uint8Array): string {
  // In JSON, they stand between tokens, or else, but for LF and CR, in strings.
  return decoder.decode(json).replace(/[\r\n]/g, " ")
    .replace(/[\u0085\u2028\u2029]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

function heads({ type, id, retry }: SseFields): string {
  return (type === null ? "" : `event: ${type}\n`) + (id === null ? "" : `id: ${id}\n`) +
    (retry === null ? "" : `retry: ${retry}\n`);
}

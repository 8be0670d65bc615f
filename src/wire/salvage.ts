/**
 * Reads what can be read of a line that was refused: whose it is, so that somebody who waits gets an
 * answer. Nothing found here is ever forwarded or trusted.
 *
 * @module
 */

import { TOOLS_CALL } from "./message.ts";
import { bare, fold, type MessageId, readId } from "./names.ts";

/** Looks of a refused message. */
export interface Remains {
  /** null when it has none that can be told: none at all, several that differ, one that is no id. */
  id: MessageId | null;
  /** Whether it has a member `id`, whatever stands there. */
  hasId: boolean;
  /** Whether it asks for something: it has a method. */
  asks: boolean;
  /** Whether it calls itself JSON-RPC. */
  names: boolean;
  /** Whether it answers something: no method, but a result or an error. */
  answers: boolean;
  /** Whether a lenient server might run it as a tool. */
  calls: boolean;
  /** `params.name`, as far as it is plain text. */
  tool: string | null;
}

/** Messages of one refused line that are looked for. */
export const MAX_SALVAGED = 1000;

const text = new TextDecoder();
const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a, COMMA = 0x2c;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b;

/**
 * Looks through a line from its start, however broken.
 *
 * @returns What seem to be its messages, at most {@link MAX_SALVAGED}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const [found] = salvage(new TextEncoder().encode('{"id":7,"method":"tools/call",oops'));
 * assert.equal(found?.id, 7);
 * assert.equal(found.calls, true);
 * ```
 */
export function salvage(line: Uint8Array): Remains[] {
  const found: Remains[] = [];
  let current: Remains | undefined;
  let ambiguous = false, inParams = false;
  let depth = 0, top = 1, i = 0;
  const close = () => {
    if (current !== undefined) {
      if (ambiguous) current.id = null;
      current.answers &&= !current.asks;
      found.push(current);
    }
    current = undefined;
    ambiguous = false;
  };
  while (i < line.length && found.length < MAX_SALVAGED) {
    const c = line[i]!;
    if (c === QUOTE) {
      const end = stringEnd(line, i);
      const colon = skipBlanks(line, end);
      const isKey = line[colon] === COLON;
      if (isKey && current !== undefined && (depth === top || (inParams && depth === top + 1))) {
        const value = skipBlanks(line, colon + 1);
        const key = fold(decode(line, i, end));
        if (depth === top) {
          inParams = key === "params";
          current.names ||= key === "jsonrpc";
          if (key === "id") {
            const id = tolerantId(line, value);
            current.hasId = true;
            ambiguous ||= current.id !== null && current.id !== id;
            current.id = id;
          } else if (key === "method") {
            current.asks = true;
            current.calls ||= fold(bare(decode(line, value, valueEnd(line, value)))) === TOOLS_CALL;
          } else if (key === "result" || key === "error") current.answers = true;
        } else if (key === "name" && line[value] === QUOTE) {
          current.tool = decode(line, value, valueEnd(line, value)).slice(0, 256);
        }
        i = line[value] === QUOTE ? valueEnd(line, value) : value;
      } else i = isKey ? colon + 1 : end;
      continue;
    }
    if (c === 0x7b || c === 0x5b) {
      depth++;
      if (depth === 1 && c === 0x5b) top = 2;
      if (depth === top && c === 0x7b) {
        close();
        current = {
          id: null,
          hasId: false,
          names: false,
          asks: false,
          answers: false,
          calls: false,
          tool: null,
        };
      }
    } else if (c === 0x7d || c === 0x5d) {
      if (depth === top) close();
      depth = Math.max(0, depth - 1);
    } else if (c === COMMA && depth === top) inParams = false;
    i++;
  }
  close();
  return found;
}

/** Whether a line is no attempt at a message: it begins neither an object nor a list of objects. */
export function isPlainText(line: Uint8Array): boolean {
  let at = skipBlanks(line, 0);
  // A byte order mark, as some write one before all they say.
  if (line[at] === 0xef && line[at + 1] === 0xbb && line[at + 2] === 0xbf) at += 3;
  if (line[at] !== OPEN_LIST) return line[at] !== OPEN_OBJECT;
  at = skipBlanks(line, at + 1);
  return line[at] !== OPEN_OBJECT && line[at] !== CLOSE_LIST;
}

/**
 * Finds the id at the very end of an oversized line, where many servers put it.
 *
 * @param tail The last bytes of the line.
 * @returns The id, or null when there is none.
 */
export function idAtEnd(tail: Uint8Array): MessageId | null {
  const match = /"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,16})\s*\}\s*$/.exec(text.decode(tail));
  if (match === null) return null;
  const bytes = new TextEncoder().encode(match[1]!);
  return tolerantId(bytes, 0);
}

/** Reads an id as {@link readId} does, or as the number that a lenient reader makes of `1.0` or `1e0`. */
function tolerantId(line: Uint8Array, at: number): MessageId | null {
  const end = valueEnd(line, at);
  try {
    const id = readId(line, at, end);
    if (id !== undefined) return id;
    const value: unknown = JSON.parse(text.decode(line.subarray(at, end)));
    return Number.isSafeInteger(value) ? value as number : null;
  } catch {
    return null;
  }
}

function decode(line: Uint8Array, start: number, end: number): string {
  try {
    const value: unknown = JSON.parse(text.decode(line.subarray(start, end)));
    return typeof value === "string" ? value : "";
  } catch {
    return text.decode(line.subarray(start + 1, Math.min(end, start + 512) - 1));
  }
}

function valueEnd(line: Uint8Array, at: number): number {
  if (line[at] === QUOTE) return stringEnd(line, at);
  let i = at;
  for (; i < line.length; i++) {
    const c = line[i]!;
    if (c === COMMA || c === 0x7d || c === 0x5d || c <= 0x20) break;
  }
  return i;
}

function stringEnd(line: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < line.length && line[i] !== QUOTE) i += line[i] === BACKSLASH ? 2 : 1;
  return Math.min(i + 1, line.length);
}

function skipBlanks(line: Uint8Array, at: number): number {
  let i = at;
  while (i < line.length && line[i]! <= 0x20) i++;
  return i;
}

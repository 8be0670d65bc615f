/**
 * Long texts, cut down so that as much as possible of what they say is left.
 *
 * @module
 */

/** Blocks of a text that are looked up; and characters of the smallest. */
const MAX_BLOCKS = 4096, MIN_BLOCK = 32;
/** Characters that have come before, from which on they are left out. */
const MIN_REPEAT = 128;
/** Room for a note of what was left out. */
const NOTE_ROOM = 24;
const BACKSLASH = 0x5c;
/** Characters of the longest escape of JSON. */
const MAX_ESCAPE = 6;

/**
 * The inside of a JSON string without what has come before in it: padding mostly repeats itself. It
 * stays the inside of a JSON string.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const pad = "-".repeat(1000);
 * assert.match(withoutRepeats(`${pad}rm -rf /${pad}`), /^-{32}….{1,30}…rm -rf \/-{24}….{1,30}…$/);
 * ```
 */
export function withoutRepeats(text: string): string {
  const size = Math.max(MIN_BLOCK, Math.ceil(text.length / MAX_BLOCKS));
  const seen = new Map<string, number>(), kept: string[] = [];
  let from = 0;
  for (let at = 0; at + size <= text.length;) {
    const block = text.slice(at, at + size), before = seen.get(block);
    if (before === undefined) {
      seen.set(block, at);
      at += size;
      continue;
    }
    const end = at + sameFrom(text, before, at);
    if (end - at >= MIN_REPEAT) {
      const start = whole(text, at, -1), next = whole(text, end, 1);
      kept.push(text.slice(from, start), note(next - start));
      from = next;
    }
    at = end;
  }
  return kept.join("") + text.slice(from);
}

/**
 * The beginning and the end of the inside of a JSON string, in `room` characters at most; two thirds
 * of them are the beginning.
 */
export function ends(text: string, room: number): string {
  if (text.length <= room) return text;
  if (room <= NOTE_ROOM) return `…${text.length}`;
  const head = Math.ceil((room - NOTE_ROOM) * 2 / 3), tail = room - NOTE_ROOM - head;
  const start = whole(text, head, -1), end = whole(text, text.length - tail, 1);
  return text.slice(0, start) + note(end - start) + text.slice(end);
}

/** Characters that are the same at both places. */
function sameFrom(text: string, before: number, at: number): number {
  let length = 0;
  // What is compared doubles while it is the same, and halves when it is not.
  for (let step = MIN_BLOCK; step > 0;) {
    const isSame = at + length + step <= text.length &&
      text.slice(at + length, at + length + step) ===
        text.slice(before + length, before + length + step);
    if (isSame) length += step;
    step = isSame ? step * 2 : step >> 1;
  }
  return length;
}

/** The nearest place in this direction that is not inside an escape or a pair of surrogates. */
function whole(text: string, at: number, direction: 1 | -1): number {
  const isPair = /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(at - 1, at + 1));
  if (isPair) return at + direction;
  let start = Math.max(0, at - MAX_ESCAPE);
  // No escape has begun before this one, unless it is over.
  while (text.charCodeAt(start - 1) === BACKSLASH) start--;
  while (start < at) {
    const isEscape = text.charCodeAt(start) === BACKSLASH;
    const end = start + (isEscape ? text[start + 1] === "u" ? MAX_ESCAPE : 2 : 1);
    if (end > at) return direction < 0 ? start : end;
    start = end;
  }
  return at;
}

const note = (characters: number): string => `…[${characters} left out]…`;

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

/** A part of a text that is left out. */
interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * The inside of a JSON string of about `room` characters that stands for one of more. It stays the
 * inside of a JSON string.
 *
 * What has come before in the text is left out first: padding mostly repeats itself. Where that is
 * not enough, what is left out from its middle is what differs from what came before in digits only,
 * then in letters as well: noise is one long word. Is that not enough either, the middle goes.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const pad = "-".repeat(1000);
 * assert.match(condense(`${pad}rm -rf /${pad}`, 200), /^-{32}….{1,30}…rm -rf \/-{24}….{1,30}…$/);
 * ```
 */
export function condense(text: string, room: number): string {
  if (text.length <= room) return text;
  let shown = without(text, repeatsIn(text));
  if (shown.length <= room) return shown;
  const unlike = shown;
  for (const table of [DIGITS_ALIKE, WORDS_ALIKE]) {
    const gaps = repeatsIn(folded(unlike, table));
    shown = without(unlike, gaps);
    if (shown.length <= room) return without(unlike, narrowed(gaps, room - shown.length));
  }
  return ends(shown, room);
}

/** The beginning and the end; two thirds of the room are for the beginning. */
function ends(text: string, room: number): string {
  if (room <= NOTE_ROOM) return `…${text.length}`;
  const head = Math.ceil((room - NOTE_ROOM) * 2 / 3), tail = room - NOTE_ROOM - head;
  return without(text, [{ from: head, to: text.length - tail }]);
}

/** Finds what has come before in a text. */
function repeatsIn(text: string): Gap[] {
  const size = Math.max(MIN_BLOCK, Math.ceil(text.length / MAX_BLOCKS));
  const seen = new Map<string, number>(), gaps: Gap[] = [];
  for (let at = 0; at + size <= text.length;) {
    const block = text.slice(at, at + size), before = seen.get(block);
    if (before === undefined) {
      seen.set(block, at);
      at += size;
      continue;
    }
    const to = at + sameFrom(text, before, at);
    if (to - at >= MIN_REPEAT) gaps.push({ from: at, to });
    at = to;
  }
  return gaps;
}

/** Counts the characters that are the same at both places. */
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

/** Gives so many characters back: two thirds from the beginning, the rest from the end. */
function narrowed(gaps: readonly Gap[], room: number): Gap[] {
  let head = Math.floor(room * 2 / 3), tail = room - head;
  const fromStart = gaps.flatMap(({ from, to }) => {
    const given = Math.min(head, to - from);
    head -= given;
    return given === to - from ? [] : [{ from: from + given, to }];
  });
  return fromStart.reverse().flatMap(({ from, to }) => {
    const given = Math.min(tail, to - from);
    tail -= given;
    return given === to - from ? [] : [{ from, to: to - given }];
  }).reverse();
}

/** The text with a note in the place of each gap. */
function without(text: string, gaps: readonly Gap[]): string {
  const kept: string[] = [];
  let shownTo = 0;
  for (const gap of gaps) {
    const from = whole(text, gap.from, -1), to = whole(text, gap.to, 1);
    kept.push(text.slice(shownTo, from), `…[${to - from} left out]…`);
    shownTo = to;
  }
  return kept.join("") + text.slice(shownTo);
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

const decoder = new TextDecoder("utf-16le");

/** A text of the same length in which some characters of ASCII are others. */
function folded(text: string, table: Uint8Array): string {
  const units = new Uint16Array(text.length);
  for (let n = 0; n < units.length; n++) {
    const unit = text.charCodeAt(n);
    units[n] = unit < table.length ? table[unit]! : unit;
  }
  return decoder.decode(units);
}

const DIGITS_ALIKE = tableOf(/\d/, "0");
/** What words, numbers, base64 and hexadecimal are made of. */
const WORDS_ALIKE = tableOf(/[\w+/=-]/, "x");

function tableOf(pattern: RegExp, alike: string): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code);
    return (pattern.test(character) ? alike : character).charCodeAt(0);
  });
}

/**
 * JSON texts inside strings, as servers read them.
 *
 * @module
 */

import { isContainer, members } from "./walk.ts";

/** An object or a list that a string was read as. */
export interface InnerJson {
  readonly value: object;
  /** Whether every reader reads it so. */
  readonly isSure: boolean;
}

/** Words that Python's `json` reads and JSON does not know. */
const PYTHON_NUMBERS = /-?\b(?:NaN|Infinity)\b/g;

/** Reads a text that may be JSON; undefined for one that no reader of JSON takes. */
export function readInner(text: string): InnerJson | undefined {
  try {
    const value = JSON.parse(text) as object;
    return { value, isSure: countColons(text) === countMembers(value) };
  } catch {
    if (text.search(PYTHON_NUMBERS) < 0) return undefined;
  }
  // Python's reader takes these for numbers; so what is around them counts, but not for certain.
  try {
    return { value: JSON.parse(text.replaceAll(PYTHON_NUMBERS, "null")), isSure: false };
  } catch {
    return undefined;
  }
}

/**
 * Members that a JSON text has: each has one colon outside of strings. Where an object has fewer, a key
 * came twice, and readers differ in which of its values they take.
 */
function countColons(text: string): number {
  let colons = 0, isString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) isString = !isString;
    else if (c === BACKSLASH) i++;
    else if (c === COLON && !isString) colons++;
  }
  return colons;
}

function countMembers(value: object): number {
  let count = 0;
  const stack: object[] = [value];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const inside = members(top)!;
    if (!Array.isArray(top)) count += inside.length;
    for (const part of inside) if (isContainer(part)) stack.push(part);
  }
  return count;
}

const QUOTE = 0x22, BACKSLASH = 0x5c, COLON = 0x3a;
const SPACE = 0x20, TAB = 0x09, LINE_FEED = 0x0a, RETURN = 0x0d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

/** Whether a string has the ends of a JSON object or list: most are told apart by these. */
export function mayBeJson(text: string): boolean {
  let start = 0, end = text.length - 1;
  while (isBlank(text.charCodeAt(start))) start++;
  const first = text.charCodeAt(start);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return false;
  while (isBlank(text.charCodeAt(end))) end--;
  return text.charCodeAt(end) === (first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST);
}

function isBlank(c: number): boolean {
  return c === SPACE || c === TAB || c === LINE_FEED || c === RETURN;
}

/**
 * Ways into a JSON value: step by step along a path, and through all that it holds.
 *
 * Nothing here recurses, so that depth costs memory and never the stack, and nothing here sees what
 * an object has from its prototype.
 *
 * @module
 */

import { EXPR_BOUNDS } from "./bounds.ts";

/** Gives the parts of a value that is opened; undefined for a value that is taken as a whole. */
export type Opener = (value: unknown) => readonly unknown[] | undefined;

/** Whether a value holds others. */
export function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Opens lists only. */
export function items(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Opens lists and objects. */
export function members(value: unknown): readonly unknown[] | undefined {
  if (!isContainer(value)) return undefined;
  return Array.isArray(value) ? value : Object.values(value);
}

/** Opens lists and objects; an object's keys count as strings that it holds. */
export function keysAndMembers(value: unknown): readonly unknown[] | undefined {
  if (!isContainer(value)) return undefined;
  return Array.isArray(value) ? value : Object.entries(value).flat();
}

/**
 * Goes through all that a value holds, in the order of the text, until `visit` says stop.
 *
 * @returns Whether it was stopped.
 */
export function walk(
  container: readonly unknown[],
  open: Opener,
  visit: (leaf: unknown) => boolean,
): boolean {
  const stack = [{ parts: container, next: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    if (top.next === top.parts.length) {
      stack.pop();
      continue;
    }
    const part = top.parts[top.next++];
    const parts = open(part);
    if (parts !== undefined) stack.push({ parts, next: 0 });
    else if (visit(part)) return true;
  }
  return false;
}

/** Facts that become known while one comparison is judged, besides its answer. */
export class Frame {
  /** A value was bent to reach it: the answer is at most "partly". */
  bent = false;
  /** Something was left unread because of a bound: the answer is "partly". */
  unsure = false;
  #jsonTexts = 0;

  /** Forgets the last comparison: one frame serves them all. */
  reset(): void {
    this.bent = false;
    this.unsure = false;
    this.#jsonTexts = 0;
  }

  /**
   * Reads the object or list that a string is the JSON text of: a server may read it so.
   *
   * @param level JSON texts that the string was in itself.
   * @returns The object or list, or undefined when the text is none.
   */
  unwrap(text: string, level: number): object | undefined {
    if (!mayBeJson(text)) return undefined;
    if (level >= EXPR_BOUNDS.jsonLevels || ++this.#jsonTexts > EXPR_BOUNDS.jsonTexts) {
      this.unsure = true;
      return undefined;
    }
    try {
      return JSON.parse(text);
    } catch {
      if (text.search(PYTHON_NUMBERS) < 0) return undefined;
    }
    // Python's reader takes these for numbers; so what is around them counts, but not for certain.
    this.unsure = true;
    try {
      return JSON.parse(text.replaceAll(PYTHON_NUMBERS, "null"));
    } catch {
      return undefined;
    }
  }
}

/** Words that Python's `json` reads and JSON does not know. */
const PYTHON_NUMBERS = /-?\b(?:NaN|Infinity)\b/g;

const POSITION = /^(?:0|[1-9][0-9]{0,9})$/;

/**
 * Takes one step of a path.
 *
 * Readings that a lenient server may make of a value are followed, too, and marked as bent: a string
 * that is a JSON text, a position in an object (`{"0": …}`), a number as the key of a list.
 *
 * @returns The member of that name or the item at that position, or undefined.
 */
export function step(value: unknown, segment: string | number, frame: Frame): unknown {
  if (typeof value === "string") {
    value = frame.unwrap(value, 0);
    frame.bent = true;
  }
  if (!isContainer(value)) return undefined;
  const wantsList = typeof segment === "number";
  if (Array.isArray(value)) {
    if (wantsList) return value[segment];
    if (!POSITION.test(segment)) return undefined;
    frame.bent = true;
    return value[Number(segment)];
  }
  if (!Object.hasOwn(value, segment)) return undefined;
  if (wantsList) frame.bent = true;
  return (value as Record<string, unknown>)[segment];
}

const SPACE = 0x20, TAB = 0x09, LINE_FEED = 0x0a, RETURN = 0x0d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d;

/** Whether a string has the ends of a JSON object or list: most are told apart by these. */
function mayBeJson(text: string): boolean {
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

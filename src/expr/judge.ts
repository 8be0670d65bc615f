/**
 * Judges how far a value meets a test: the heart of the language.
 *
 * An agent chooses the shape of a value, so every shape is read as a server might read it, and the
 * answer is true only when all readings agree. Two rules say which readings count:
 *
 * - Tests of **texts** read every scalar inside, all of them joined by one space, and what is
 *   inside of strings that are JSON texts. Each reading counts alike.
 * - Tests of **single values** read the value, or each item of a list. Where none of them meets the
 *   test, the bent readings are tried (a number spelled by a string, the joined text, a JSON
 *   text inside a string), and can make it partly true. They never spoil what is true in itself.
 *
 * @module
 */

import { textOf } from "./spelling.ts";
import { agree, FALSE, PARTLY, type Ternary, ternary } from "./ternary.ts";
import type { Frame } from "./frame.ts";
import { isContainer, items, keysAndMembers, members, walk } from "./walk.ts";

/** Judges how far a value, which is not missing, meets something. */
export type Judge = (value: unknown, frame: Frame) => Ternary;

/** Whether a text meets something. */
export type TextTest = (text: string) => boolean;

/** Tests how far one value meets something; it may be a container, which meets nothing. */
export type ScalarTest = (scalar: unknown) => Ternary;

/**
 * Tests every text that a value may be read as; they count alike.
 *
 * @param level JSON texts that the value was in itself.
 */
export function readTexts(
  value: unknown,
  test: TextTest,
  frame: Frame,
  level: number,
): Ternary {
  if (isContainer(value)) return readTextsInside(value, test, frame, level);
  const answer = ternary(test(textOf(value)));
  const inner = typeof value === "string" ? frame.unwrap(value, level) : undefined;
  if (inner === undefined) return answer;
  return agree(answer, readTextsInside(inner, test, frame, level + 1));
}

function readTextsInside(container: object, test: TextTest, frame: Frame, level: number): Ternary {
  let answer: Ternary | undefined;
  const texts: string[] = [];
  const isSplit = walk(members(container)!, members, (scalar) => {
    if (scalar !== null) texts.push(textOf(scalar));
    const one = readTexts(scalar, test, frame, level);
    answer = answer === undefined ? one : agree(answer, one);
    return answer === PARTLY;
  });
  if (isSplit) return PARTLY;
  const joined = ternary(test(texts.join(" ")));
  return answer === undefined ? joined : agree(answer, joined);
}

/** Tests the value or the items of a list; bent readings only where none of these meets the test. */
export function readScalars(value: unknown, test: ScalarTest, frame: Frame): Ternary {
  const plain = Array.isArray(value) ? readItems(value, test) : test(value);
  if (plain !== FALSE) return plain;
  return meetsBent(value, test, frame, 0) ? PARTLY : FALSE;
}

function readItems(list: readonly unknown[], test: ScalarTest): Ternary {
  let answer: Ternary | undefined;
  walk(list, items, (scalar) => {
    const one = test(scalar);
    answer = answer === undefined ? one : agree(answer, one);
    return answer === PARTLY;
  });
  return answer ?? FALSE;
}

/** Whether the joined text of a list, or a list in a string, meets the test. */
function meetsBent(value: unknown, test: ScalarTest, frame: Frame, level: number): boolean {
  if (typeof value === "string") {
    const inner = frame.unwrap(value, level);
    if (!Array.isArray(inner)) return false;
    return readItems(inner, test) !== FALSE || meetsBent(inner, test, frame, level + 1);
  }
  if (!Array.isArray(value)) return false;
  const texts: string[] = [];
  const isMet = walk(value, items, (scalar) => {
    if (scalar !== null && !isContainer(scalar)) texts.push(textOf(scalar));
    return typeof scalar === "string" && meetsBent(scalar, test, frame, level);
  });
  return isMet || test(texts.join(" ")) !== FALSE;
}

/**
 * Searches a value, keys included.
 *
 * @returns True when the test holds for any key or scalar inside, or for the compact JSON text; partly
 * when only for the joined items of a list or in a JSON text inside a string.
 */
export function search(value: unknown, test: TextTest, frame: Frame): Ternary {
  const plain = find(value, test);
  if (plain !== FALSE) return plain;
  return isFoundBent(value, test, frame, 0) ? PARTLY : FALSE;
}

/** Looks in the compact JSON text, and in every key and scalar. */
function find(value: unknown, test: TextTest): Ternary {
  const text = compactText(value);
  if (text === undefined) return PARTLY;
  return ternary(test(text) || walk([value], keysAndMembers, (scalar) => test(textOf(scalar))));
}

/** Undefined when the value is nested too deep for it, which no message is: only a text inside one. */
function compactText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (fault) {
    if (fault instanceof RangeError) return undefined;
    throw fault;
  }
}

/** Looks in the joined items of each list, and in JSON texts inside strings. */
function isFoundBent(value: unknown, test: TextTest, frame: Frame, level: number): boolean {
  let isJoined = false;
  const open = (part: unknown) => {
    if (Array.isArray(part) && part.length > 1) isJoined ||= test(joinItems(part));
    return keysAndMembers(part);
  };
  const isInside = walk([value], open, (scalar) => {
    const inner = typeof scalar === "string" ? frame.unwrap(scalar, level) : undefined;
    if (inner === undefined) return isJoined;
    return find(inner, test) !== FALSE || isFoundBent(inner, test, frame, level + 1);
  });
  return isInside || isJoined;
}

/** The scalars right inside a list, joined as a server would join a command's words. */
function joinItems(list: readonly unknown[]): string {
  return list.filter((item) => item !== null && !isContainer(item)).map(textOf).join(" ");
}

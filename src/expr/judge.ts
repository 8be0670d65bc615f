/**
 * How far a value meets an operator and what stands on its right: the heart of the language.
 *
 * An agent chooses the shape of a value, so every shape is read as a server might read it, and the
 * answer is true only when all readings agree. Two rules say which readings count:
 *
 * - Operators on **text** read every scalar inside, all of them joined by one space, and what is
 *   inside of strings that are JSON texts. Each reading counts alike.
 * - Operators on **single values** read the value, or each item of a list. Where none of them meets
 *   the operator, the bent readings are tried (a number spelled by a string, the joined text, a JSON
 *   text inside a string), and can make it partly true. They never spoil what is true in itself.
 *
 * @module
 */

import type { OrderOperator, TextOperator } from "./ast.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { inOrder, mayEqual, mayStand, type Scalar, textOf } from "./spelling.ts";
import { agree, FALSE, PARTLY, type Ternary, ternary, TRUE } from "./ternary.ts";
import { isContainer, items, keysAndMembers, members, unwrap, walk } from "./walk.ts";

/** Says how far a value, which is not missing, meets something. */
export type Judge = (value: unknown) => Ternary;

type TextTest = (text: string) => boolean;
type ScalarTest = (scalar: unknown) => Ternary;

/** `==` */
export function equals(constant: Scalar): Judge {
  const test: ScalarTest = (scalar) => {
    if (scalar === constant) return TRUE;
    if (typeof scalar === typeof constant || isContainer(scalar)) return FALSE;
    return mayEqual(scalar, constant) ? PARTLY : FALSE;
  };
  return (value) => readScalars(value, test);
}

/** `in` */
export function isAmong(constants: readonly Scalar[]): Judge {
  const exact: ReadonlySet<unknown> = new Set(constants);
  const test: ScalarTest = (scalar) => {
    if (exact.has(scalar)) return TRUE;
    if (isContainer(scalar)) return FALSE;
    const like = constants.some((c) => typeof c !== typeof scalar && mayEqual(scalar, c));
    return like ? PARTLY : FALSE;
  };
  return (value) => readScalars(value, test);
}

/** `<`, `<=`, `>`, `>=` */
export function stands(operator: OrderOperator, constant: string | number): Judge {
  const test: ScalarTest = (scalar) => {
    if (typeof scalar === "number" && typeof constant === "number") {
      return ternary(inOrder(scalar, operator, constant));
    }
    if (typeof scalar === "string" && typeof constant === "string") {
      return ternary(inOrder(scalar, operator, constant));
    }
    if (isContainer(scalar)) return FALSE;
    return mayStand(scalar, operator, constant) ? PARTLY : FALSE;
  };
  return (value) => readScalars(value, test);
}

/** `contains`, `starts_with`, `ends_with` */
export function holdsText(operator: TextOperator, constant: string): Judge {
  const tests: Record<TextOperator, TextTest> = {
    contains: (text) => text.includes(constant),
    starts_with: (text) => text.startsWith(constant),
    ends_with: (text) => text.endsWith(constant),
  };
  return (value) => readTexts(value, tests[operator]);
}

/** `matches` */
export function matches(test: TextTest): Judge {
  return (value) => readTexts(value, test);
}

/**
 * `contains_pattern`: true when the pattern is found in any key or scalar inside, or in the compact
 * JSON text; partly when only in the joined items of a list or in a JSON text inside a string.
 */
export function containsPattern(test: TextTest): Judge {
  return (value) => {
    const plain = find(value, test);
    if (plain !== FALSE) return plain;
    return isFoundBent(value, test, 0) ? PARTLY : FALSE;
  };
}

/** Every text that a value may be read as; they count alike. */
function readTexts(value: unknown, test: TextTest, unwraps = 0): Ternary {
  if (isContainer(value)) return readTextsInside(value, test, unwraps);
  const answer = ternary(test(textOf(value)));
  const inner = typeof value === "string" ? unwrap(value) : undefined;
  if (inner === undefined) return answer;
  if (unwraps === EXPR_BOUNDS.unwraps) return PARTLY;
  return agree(answer, readTextsInside(inner, test, unwraps + 1));
}

function readTextsInside(container: object, test: TextTest, unwraps: number): Ternary {
  let answer: Ternary | undefined;
  const texts: string[] = [];
  const isSplit = walk(members(container)!, members, (scalar) => {
    if (scalar !== null) texts.push(textOf(scalar));
    const one = readTexts(scalar, test, unwraps);
    answer = answer === undefined ? one : agree(answer, one);
    return answer === PARTLY;
  });
  if (isSplit) return PARTLY;
  const joined = ternary(test(texts.join(" ")));
  return answer === undefined ? joined : agree(answer, joined);
}

/** The value or the items of a list; bent readings only where none of these meets the test. */
function readScalars(value: unknown, test: ScalarTest): Ternary {
  const plain = Array.isArray(value) ? readItems(value, test) : test(value);
  if (plain !== FALSE) return plain;
  return meetsBent(value, test, 0) ? PARTLY : FALSE;
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

/** Whether a text that the value may be turned into, or a list in its string, meets the test. */
function meetsBent(value: unknown, test: ScalarTest, unwraps: number): boolean {
  if (typeof value === "string") {
    const inner = unwrap(value);
    if (!Array.isArray(inner)) return false;
    if (unwraps === EXPR_BOUNDS.unwraps) return true;
    return readItems(inner, test) !== FALSE || meetsBent(inner, test, unwraps + 1);
  }
  if (!Array.isArray(value)) return false;
  const texts: string[] = [];
  const isMet = walk(value, items, (scalar) => {
    if (scalar !== null && !isContainer(scalar)) texts.push(textOf(scalar));
    return typeof scalar === "string" && meetsBent(scalar, test, unwraps);
  });
  return isMet || test(texts.join(" ")) !== FALSE;
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
function isFoundBent(value: unknown, test: TextTest, unwraps: number): boolean {
  let isJoined = false;
  const open = (part: unknown) => {
    if (Array.isArray(part) && part.length > 1) isJoined ||= test(joinItems(part));
    return keysAndMembers(part);
  };
  const isInside = walk([value], open, (scalar) => {
    const inner = typeof scalar === "string" ? unwrap(scalar) : undefined;
    if (inner === undefined) return isJoined;
    if (unwraps === EXPR_BOUNDS.unwraps) return true;
    return find(inner, test) !== FALSE || isFoundBent(inner, test, unwraps + 1);
  });
  return isInside || isJoined;
}

/** The scalars right inside a list, joined as a server would join a command's words. */
function joinItems(list: readonly unknown[]): string {
  return list.filter((item) => item !== null && !isContainer(item)).map(textOf).join(" ");
}

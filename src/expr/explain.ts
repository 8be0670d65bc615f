/**
 * Explains an answer: the compiled parts are asked one by one. There is no second evaluator.
 *
 * @module
 */

import type { Part } from "./compile.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { Possible } from "./matcher.ts";
import { print } from "./print.ts";
import { nameOf, type TernaryName } from "./ternary.ts";
import { Frame } from "./frame.ts";

/** A value that a part of a condition looked at. */
export interface SeenValue {
  /** The path as the condition has it. */
  readonly text: string;
  /** Start of the value's JSON text, at most 200 characters; undefined when it was missing. */
  readonly value: string | undefined;
}

/** A part of a condition, its answer and what the answer came from. Plain data. */
export interface Explanation {
  /** The part in canonical form. */
  readonly text: string;
  readonly result: TernaryName;
  /** Values that a comparison, a bare path or `exists` looked at. */
  readonly values?: readonly SeenValue[];
  /** Parts that `and`, `or` or `not` joins, each with its own answer, asked or not. */
  readonly children?: readonly Explanation[];
}

/**
 * Explains a part and those that it is made of.
 *
 * @returns Plain data, which can be stored as JSON.
 */
export function explain<E>(part: Part<E>, env: E): Explanation {
  const frame = new Frame();
  const told = { text: print(part.node), result: nameOf(part.answer(env, frame)) };
  if (part.parts.length > 0) {
    return { ...told, children: part.parts.map((inner) => explain(inner, env)) };
  }
  const values = part.reads.flatMap(({ node, read }) => {
    frame.reset();
    const text = print(node), value = read(env, frame);
    const seen = { text, value: value === undefined ? undefined : preview(value) };
    const others = frame.others.filter((other) => other !== undefined)
      .map((other) => ({ text: `${text}, as a lenient server reads it`, value: preview(other) }));
    return [seen, ...others];
  });
  return values.length > 0 ? { ...told, values } : told;
}

/**
 * Shows the start of a value's JSON text; it is built no further than shown, for a value may be large.
 *
 * @param room UTF-16 code units that there are for it.
 * @returns The text, with `…` where it was cut.
 */
export function preview(value: unknown, room: number = EXPR_BOUNDS.previewChars): string {
  const text = jsonStart(value, room);
  return text.length <= room ? text : `${text.slice(0, room - 1).toWellFormed()}…`;
}

/** The JSON text of a value, or a start of it that is longer than `room`. */
function jsonStart(value: unknown, room: number): string {
  // Each level has written a bracket, so that the room bounds the depth as well.
  if (room <= 0) return "…";
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (value instanceof Possible) return jsonStart(String(value), room);
  if (typeof value !== "object" || value === null) return String(value);
  const isList = Array.isArray(value);
  let text = isList ? "[" : "{", comma = "";
  for (const [key, member] of Object.entries(value)) {
    text += isList ? comma : `${comma}${jsonStart(key, room - text.length)}:`;
    text += jsonStart(member, room - text.length);
    if (text.length > room) return text;
    comma = ",";
  }
  return text + (isList ? "]" : "}");
}

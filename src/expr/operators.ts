/**
 * Operators that compare: one entry each, the check of its sides and the judgement of a value side by
 * side.
 *
 * Lexer, parser, checker and compiler follow from this table. A new operator is a new entry, and a
 * line in the README.
 *
 * @module
 */

import {
  type Judge,
  readScalars,
  readTexts,
  type ScalarTest,
  search,
  type TextTest,
} from "./judge.ts";
import { type Kind, KIND_WORDS } from "./kinds.ts";
import type { Span } from "./span.ts";
import { EQUAL, GREATER, LESS, mayEqual, mayStand, orderOf, type Scalar } from "./spelling.ts";
import { FALSE, PARTLY, TRUE } from "./ternary.ts";
import { isContainer } from "./walk.ts";

/** One side of a comparison, before there is a value. */
export interface Operand extends Span {
  readonly kind: Kind;
  /** Whether it is written out in the condition: a literal or a list of them. */
  readonly isConstant: boolean;
  /** Its text as a message shows it. */
  readonly text: string;
  /** The parts of a list. */
  readonly items: readonly Operand[];
}

/** A comparison whose sides are right in themselves; at most one of them is a constant. */
export interface Sides extends Span {
  readonly operator: string;
  readonly left: Operand;
  readonly right: Operand;
  /** Reports what is wrong at a place, in a sentence without a full stop. */
  refuse(at: Span, message: string): void;
}

/** Kind of right side that an operator takes, and the judge made from it. */
type Judged =
  /** A value: a constant of the condition, or one that is known only now. */
  | { readonly right: "value"; readonly judge: (value: Scalar) => Judge }
  | { readonly right: "list"; readonly judge: (constants: readonly Scalar[]) => Judge }
  /** A pattern in quotes; the checker compiles it. */
  | { readonly right: "pattern"; readonly judge: (test: TextTest) => Judge };

/** One operator; its spelling is its name in the table. */
export type Operator = Judged & {
  /** Symbols of other languages for it; reported, and then read as this one. */
  readonly slips?: readonly string[];
  /** Symbols of other languages for its negation; likewise. */
  readonly negationSlips?: readonly string[];
  /** The operator that says the same with its sides exchanged. */
  readonly mirror?: string;
  /** Whether the answer is turned round, that of a missing value, too. */
  readonly isNegated?: true;
  /** Refuses sides that it cannot compare. */
  readonly check: (sides: Sides) => void;
};

const TABLE = {
  "==": { slips: ["=", "==="], mirror: "==", check: alike, right: "value", judge: equals },
  // A missing value equals nothing, so it differs from everything.
  "!=": {
    slips: ["!==", "<>"],
    mirror: "!=",
    isNegated: true,
    check: alike,
    right: "value",
    judge: equals,
  },
  "<": { mirror: ">", check: ordered, right: "value", judge: stands(LESS) },
  "<=": {
    slips: ["=<"],
    mirror: ">=",
    check: ordered,
    right: "value",
    judge: stands(LESS | EQUAL),
  },
  ">": { mirror: "<", check: ordered, right: "value", judge: stands(GREATER) },
  ">=": {
    slips: ["=>"],
    mirror: "<=",
    check: ordered,
    right: "value",
    judge: stands(GREATER | EQUAL),
  },
  "matches": {
    slips: ["~=", "=~"],
    negationSlips: ["!~"],
    check: searched,
    right: "pattern",
    judge: matches,
  },
  "contains_pattern": { check: searched, right: "pattern", judge: containsPattern },
  "contains": {
    check: texts,
    right: "value",
    judge: holds((part) => (text) => text.includes(part)),
  },
  "starts_with": {
    check: texts,
    right: "value",
    judge: holds((part) => (text) => text.startsWith(part)),
  },
  "ends_with": {
    check: texts,
    right: "value",
    judge: holds((part) => (text) => text.endsWith(part)),
  },
  "like": { check: texts, right: "value", judge: holds(wildcard) },
  "in": { check: listed, right: "list", judge: isAmong },
  "within": { check: directories, right: "list", judge: isAmong },
} as const satisfies Readonly<Record<string, Operator>>;

/** The spelling of an operator. */
export type OperatorName = keyof typeof TABLE;

/** All operators by their spelling, in the order in which messages offer them. */
export const OPERATORS: Readonly<Record<OperatorName, Operator>> = Object.freeze(TABLE);

/** The spellings of those that are words, which cannot begin a path. */
export const WORD_OPERATORS: readonly string[] = Object.freeze(
  Object.keys(OPERATORS).filter((name) => /^\w/.test(name)),
);

/** Whether a text spells an operator. */
export function isOperator(text: string): text is OperatorName {
  return Object.hasOwn(OPERATORS, text);
}

/** `==`, `!=`: no lists, and one kind on both sides. */
function alike(sides: Sides): void {
  const { operator, left, right, refuse } = sides;
  const list = [left, right].find(({ kind }) => kind === "list");
  if (list === undefined) return sameKind(sides);
  refuse(list, `\`${operator}\` takes no list; a list is asked with \`in\`, or item by item`);
}

/** `<`, `<=`, `>`, `>=`: what has an order, and one kind on both sides. */
function ordered(sides: Sides): void {
  const isLeft = needs(sides, sides.left, ["string", "number"]);
  const isRight = needs(sides, sides.right, ["string", "number"]);
  if (isLeft && isRight) sameKind(sides);
}

/** `contains`, `starts_with`, `ends_with`, `like`: strings. */
function texts(sides: Sides): void {
  needs(sides, sides.left, ["string"]);
  needs(sides, sides.right, ["string"]);
}

/** `matches`, `contains_pattern`: a path, and a pattern in quotes. */
function searched(sides: Sides): void {
  const { operator, left, right, refuse } = sides;
  if (left.isConstant) return refuse(left, `\`${operator}\` needs a path on its left`);
  needs(sides, left, ["string"]);
  if (right.kind === "string" && right.isConstant) return;
  refuse(right, `\`${operator}\` needs a pattern in quotes on its right`);
}

/** `in`: one value, and a list of constants of its kind. */
function listed({ left, right, refuse }: Sides): void {
  if (right.kind !== "list") {
    const hint = "such as ['a', 'b']; to ask what a list holds, write PATH contains 'text'";
    return refuse(right, `\`in\` needs a list of constants on its right, ${hint}`);
  }
  if (left.kind === "list") return refuse(left, "`in` needs one value on its left");
  if (right.items.length === 0) return refuse(right, "nothing is in an empty list");
  for (const item of right.items) {
    if (left.kind === "json" || left.kind === item.kind) continue;
    refuse(item, `${said(item)}, but ${said(left)}`);
  }
}

/** `within`: `path(…)`, and a directory or a list of them. */
function directories({ left, right, refuse }: Sides): void {
  if (left.kind !== "path") {
    return refuse(left, `\`within\` needs path(…) on its left; ${said(left)}`);
  }
  const all = right.kind === "list" ? right.items : [right];
  if (all.length === 0) return refuse(right, "nothing is within an empty list");
  for (const one of all) {
    if (one.kind === "string" && one.isConstant) continue;
    refuse(one, `\`within\` needs a directory in quotes on its right, or a list of them`);
  }
}

function sameKind(sides: Sides): void {
  const { operator, left, right, refuse } = sides;
  if (left.kind === right.kind || left.kind === "json" || right.kind === "json") return;
  refuse(sides, `${said(left)} and ${said(right)}: \`${operator}\` cannot compare them`);
}

/** Whether an operand is, or may turn out to be, of one of these kinds. */
function needs({ operator, refuse }: Sides, operand: Operand, kinds: readonly Kind[]): boolean {
  if (operand.kind === "json" || kinds.includes(operand.kind)) return true;
  const names = kinds.map((kind) => KIND_WORDS[kind]).join(" or ");
  refuse(operand, `\`${operator}\` needs ${names} here; ${said(operand)}`);
  return false;
}

function said({ text, kind }: Operand): string {
  return `${text} is ${KIND_WORDS[kind]}`;
}

// Each judge below is a closure of its own: one that several operators share costs every comparison
// some nanoseconds, since the runtime cannot tell any more what it calls.

/** The judge of `==`, and of a path that stands alone: it is asked whether it is true. */
export function equals(constant: Scalar): Judge {
  const test: ScalarTest = (scalar) => {
    if (scalar === constant) return TRUE;
    if (typeof scalar === typeof constant || isContainer(scalar)) return FALSE;
    return mayEqual(scalar, constant) ? PARTLY : FALSE;
  };
  return (value, frame) => readScalars(value, test, frame);
}

function isAmong(constants: readonly Scalar[]): Judge {
  const exact: ReadonlySet<unknown> = new Set(constants);
  const test: ScalarTest = (scalar) => {
    if (exact.has(scalar)) return TRUE;
    if (isContainer(scalar)) return FALSE;
    const like = constants.some((c) => typeof c !== typeof scalar && mayEqual(scalar, c));
    return like ? PARTLY : FALSE;
  };
  return (value, frame) => readScalars(value, test, frame);
}

/** @param orders Those in which a value may stand to the constant, joined by `|`. */
function stands(orders: number): (constant: Scalar) => Judge {
  return (constant) => {
    // Only a value of the input can be a boolean or null here, and those have no order.
    if (typeof constant !== "string" && typeof constant !== "number") return () => FALSE;
    const test: ScalarTest = (scalar) => {
      // Asked so, and not by each type: it is the faster way.
      if (typeof scalar === typeof constant) {
        return (orderOf(scalar as typeof constant, constant) & orders) !== 0 ? TRUE : FALSE;
      }
      if (isContainer(scalar)) return FALSE;
      return mayStand(scalar, orders, constant) ? PARTLY : FALSE;
    };
    return (value, frame) => readScalars(value, test, frame);
  };
}

function holds(testFor: (part: string) => TextTest): (constant: Scalar) => Judge {
  return (constant) => {
    const test = testFor(String(constant));
    return (value, frame) => readTexts(value, test, frame, 0);
  };
}

/** Meets a whole text; `*` stands for any run of characters, as in Cedar's `like`. */
function wildcard(shape: string): TextTest {
  const [first = "", ...middle] = shape.split("*"), last = middle.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of middle) {
      at = text.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return at <= end;
  };
}

function matches(test: TextTest): Judge {
  return (value, frame) => readTexts(value, test, frame, 0);
}

function containsPattern(test: TextTest): Judge {
  return (value, frame) => search(value, test, frame);
}

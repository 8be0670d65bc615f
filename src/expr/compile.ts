/**
 * Fourth step of a condition: a checked tree into closures.
 *
 * @module
 */

import { SoughtKey } from "./alike.ts";
import type { Comparison, Literal, Node, Path } from "./ast.ts";
import type { PatternTable } from "./checker.ts";
import type { Judge } from "./judge.ts";
import { each, type Matcher, readingsOf } from "./matcher.ts";
import { equals, isOperator, type Operator, OPERATORS } from "./operators.ts";
import { type Root, rootOf } from "./roots.ts";
import type { Scalar } from "./spelling.ts";
import { FALSE, negate, PARTLY, type Ternary, ternary, TRUE } from "./ternary.ts";
import type { Frame } from "./frame.ts";
import { isContainer } from "./walk.ts";

/** Gives the answer of a node. */
export type Answer<E> = (env: E, frame: Frame) => Ternary;

/** Gives a value, or undefined when it is missing. */
export type Read<E> = (env: E, frame: Frame) => unknown;

/** A node that has an answer: its closure, and the parts and values that an explanation shows. */
export interface Part<E> {
  readonly node: Node;
  readonly answer: Answer<E>;
  /** The conditions that it is made of. */
  readonly parts: readonly Part<E>[];
  /** The values that it looks at. */
  readonly reads: readonly { readonly node: Node; readonly read: Read<E> }[];
}

/**
 * Compiles a tree that the checker found no fault with.
 *
 * @param patterns Those that the checker has compiled.
 * @throws {TypeError} for a tree that the checker would have refused.
 */
export function compile<E>(
  ast: Node,
  roots: readonly Root<E>[],
  patterns: PatternTable,
  matchers: ReadonlyMap<string, Matcher> = new Map(),
): Part<E> {
  return new Compiler(roots, patterns, matchers).part(ast);
}

class Compiler<E> {
  readonly #roots: readonly Root<E>[];
  readonly #patterns: PatternTable;
  readonly #matchers: ReadonlyMap<string, Matcher>;

  constructor(
    roots: readonly Root<E>[],
    patterns: PatternTable,
    matchers: ReadonlyMap<string, Matcher>,
  ) {
    this.#roots = roots;
    this.#patterns = patterns;
    this.#matchers = matchers;
  }

  part(node: Node): Part<E> {
    switch (node.kind) {
      case "or":
      case "and": {
        const parts = node.operands.map((operand) => this.part(operand));
        const answers = parts.map((part) => part.answer);
        return { node, parts, reads: [], answer: node.kind === "or" ? any(answers) : all(answers) };
      }
      case "not": {
        const part = this.part(node.operand), { answer } = part;
        return {
          node,
          parts: [part],
          reads: [],
          answer: (env, frame) => negate(answer(env, frame)),
        };
      }
      case "compare":
        return this.#comparison(node);
      case "exists": {
        const read = this.#read(node.path);
        const reads = [{ node: node.path, read }];
        return { node, parts: [], reads, answer: judged(read, () => TRUE) };
      }
      case "literal": {
        const answer = ternary(node.value === true);
        return { node, parts: [], reads: [], answer: () => answer };
      }
      default: {
        const read = this.#read(node), isTrue = equals(true);
        const judge = node.kind === "call" ? each(isTrue) : isTrue;
        return { node, parts: [], reads: [{ node, read }], answer: judged(read, judge) };
      }
    }
  }

  #comparison(node: Comparison): Part<E> {
    const { left, right, operator } = inReadingOrder(node);
    const reads = [left, right].filter(({ kind }) => ["path", "len", "call"].includes(kind))
      .map((side) => ({ node: side, read: this.#read(side) }));
    const read = this.#read(left), one = this.#judgeOf(node, left, right, operator);
    const judge = one !== undefined && left.kind === "call" ? each(one, beginnings(node)) : one;
    const answer = judge === undefined
      ? judgedBy(read, this.#read(right), operator)
      : judged(read, judge);
    if (!operator.isNegated) return { node, parts: [], reads, answer };
    return { node, parts: [], reads, answer: (env, frame) => negate(answer(env, frame)) };
  }

  #judgeOf(node: Comparison, left: Node, right: Node, operator: Operator): Judge | undefined {
    if (node.operator !== "within" || left.kind !== "call") return this.#judge(operator, right);
    const { directories, isWithin } = this.#matchers.get(left.name)!;
    const all = (right.kind === "list" ? right.items : [right as Literal])
      .flatMap(({ value }) => directories!(String(value)) ?? []);
    return (path) => ternary(all.some((directory) => isWithin!(String(path), directory)));
  }

  /** Makes the judge of a right side that is known now; undefined for one that is read. */
  #judge(operator: Operator, right: Node): Judge | undefined {
    if (right.kind !== "literal" && right.kind !== "list") return undefined;
    if (operator.right === "value" && right.kind === "literal") return operator.judge(right.value);
    if (operator.right === "list" && right.kind === "list") {
      return operator.judge(right.items.map((item) => item.value));
    }
    const pattern = right.kind === "literal" ? this.#patterns.get(right) : undefined;
    if (operator.right !== "pattern" || pattern === undefined) {
      throw new TypeError(`Cannot compile a comparison with a ${right.kind} on its right`);
    }
    return operator.judge((text) => pattern.test(text));
  }

  #read(node: Node): Read<E> {
    if (node.kind === "literal") return () => node.value;
    if (node.kind === "path") return this.#readPath(node);
    if (node.kind === "len") {
      const read = this.#read(node.operand);
      return (env, frame) => {
        const value = read(env, frame);
        const { others } = frame;
        if (others.length > 0) frame.others = others.map((other) => lengthOf(other, frame));
        return lengthOf(value, frame);
      };
    }
    if (node.kind === "call") {
      const read = this.#readPath(node.path), matcher = this.#matchers.get(node.name)!;
      return (env, frame) => {
        const value = read(env, frame), { others } = frame;
        if (others.length > 0) {
          frame.others = others.map((other) => readingsOf(other, matcher, node.member, frame));
        }
        return value === undefined ? undefined : readingsOf(value, matcher, node.member, frame);
      };
    }
    throw new TypeError(`Cannot read a value from a node of kind ${node.kind}`);
  }

  #readPath(path: Path): Read<E> {
    const root = rootOf(path, this.#roots);
    if (root === undefined) throw new TypeError("Cannot compile a path without a root");
    const { read } = root, rest = path.segments.slice(root.path.length);
    if (rest.length === 0) return read;
    const steps = rest.map((segment) => ({ segment, sought: new SoughtKey(String(segment)) }));
    return (env, frame) => frame.follow(read(env), steps);
  }
}

/** Whether one of the constants that are compared for equality has a beginning. */
function beginnings(node: Comparison): ((beginning: string) => boolean) | undefined {
  const { right, left, operator } = node;
  if (operator !== "in" && operator !== "==" && operator !== "!=") return undefined;
  const constants = [left, right].flatMap((side) =>
    side.kind === "list" ? side.items : side.kind === "literal" ? [side] : []
  ).map(({ value }) => String(value));
  return (beginning) => constants.some((constant) => constant.startsWith(beginning));
}

/** Puts what is read on the left, where the operator can be mirrored. */
function inReadingOrder({ left, right, operator: name }: Comparison) {
  const operator = OPERATORS[name], { mirror } = operator;
  if (left.kind !== "literal" || mirror === undefined || !isOperator(mirror)) {
    return { left, right, operator };
  }
  return { left: right, right: left, operator: OPERATORS[mirror] };
}

function any<E>(answers: readonly Answer<E>[]): Answer<E> {
  return (env, frame) => {
    let greatest: Ternary = FALSE;
    for (let i = 0; i < answers.length && greatest !== TRUE; i++) {
      const answer = answers[i]!(env, frame);
      if (answer > greatest) greatest = answer;
    }
    return greatest;
  };
}

function all<E>(answers: readonly Answer<E>[]): Answer<E> {
  return (env, frame) => {
    let least: Ternary = TRUE;
    for (let i = 0; i < answers.length && least !== FALSE; i++) {
      const answer = answers[i]!(env, frame);
      if (answer < least) least = answer;
    }
    return least;
  };
}

/** Judges a value; a missing one meets nothing. */
function judged<E>(read: Read<E>, judge: Judge): Answer<E> {
  return (env, frame) => {
    frame.reset();
    const value = read(env, frame);
    const answer = value === undefined ? FALSE : judge(value, frame);
    const { others } = frame;
    if (others.length === 0) return settled(answer, frame);
    // Whatever a server takes: at most partly, and partly as soon as one of them meets it.
    if (answer !== FALSE) return PARTLY;
    for (const other of others) if (judge(other, frame) !== FALSE) return PARTLY;
    return settled(FALSE, frame);
  };
}

/** As {@link judged}, with a value on the right that is known only now. */
function judgedBy<E>(left: Read<E>, right: Read<E>, operator: Operator): Answer<E> {
  if (operator.right !== "value") throw new TypeError("Cannot compile a right side that is read");
  const { judge } = operator;
  return (env, frame) => {
    frame.reset();
    const value = left(env, frame), other = right(env, frame);
    if (frame.others.length > 0) return PARTLY;
    if (value === undefined || other === undefined) return settled(FALSE, frame);
    // A right side of several readings is not compared one with all: the answer could be anything.
    if (isContainer(other) || typeof other === "string" && frame.unwrap(other, 0) !== undefined) {
      return PARTLY;
    }
    return settled(judge(other as Scalar)(value, frame), frame);
  };
}

/** An answer, taken back as far as the frame says that it is not to be relied on. */
function settled(answer: Ternary, frame: Frame): Ternary {
  return frame.unsure || frame.bent && answer === TRUE ? PARTLY : answer;
}

/**
 * `len`: UTF-16 code units of a string, items of a list, members of an object; nothing else has a
 * length. A string that is a JSON text has two, given as a list, so that a comparison asks of both.
 */
function lengthOf(value: unknown, frame: Frame): unknown {
  if (typeof value === "string") {
    const inner = frame.unwrap(value, 0);
    return inner === undefined ? value.length : [value.length, lengthOf(inner, frame)];
  }
  if (!isContainer(value)) return undefined;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

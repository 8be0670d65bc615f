/**
 * Third step of a condition: what can be known to be wrong before there is a value.
 *
 * @module
 */

import type { Comparison, ConditionError, List, Literal, Node, Path, Span } from "./ast.ts";
import { offsetInLiteral } from "./lexer.ts";
import type { Suggest } from "./parser.ts";
import { print } from "./print.ts";
import { type Root, rootOf } from "./roots.ts";

/** A compiled regular expression. */
export interface Pattern {
  /** Whether the pattern is found anywhere in `text`. */
  test(text: string): boolean;
}

/** What is wrong with a pattern, and where in it; in UTF-16 code units. */
export interface PatternError extends Span {
  readonly message: string;
}

/** Compiles a pattern of whatever dialect the caller speaks. Must not throw. */
export type PatternCompiler = (source: string) => Pattern | PatternError;

/** The patterns of a condition, by the literal that each stands in. */
export type PatternTable = ReadonlyMap<Literal, Pattern>;

/** What a condition is checked against. */
export interface Terms<E> {
  readonly roots: readonly Root<E>[];
  readonly patterns: PatternCompiler;
  readonly suggest?: Suggest;
}

/** What a value is known to be; `json` may turn out to be anything. */
type Kind = "json" | "string" | "number" | "boolean" | "null" | "list" | "condition";

const SAID: Readonly<Record<Kind, string>> = {
  json: "any value",
  string: "a string",
  number: "a number",
  boolean: "a boolean",
  null: "null",
  list: "a list",
  condition: "a condition",
};

/** Checks a tree. The errors are in the order of the text; without any, the tree can be compiled. */
export function check<E>(
  ast: Node,
  source: string,
  terms: Terms<E>,
): { errors: ConditionError[]; patterns: PatternTable } {
  const checker = new Checker(source, terms);
  checker.condition(ast);
  return {
    errors: checker.errors.sort((a, b) => a.offset - b.offset),
    patterns: checker.patterns,
  };
}

class Checker<E> {
  readonly errors: ConditionError[] = [];
  readonly patterns = new Map<Literal, Pattern>();
  readonly #source: string;
  readonly #terms: Terms<E>;

  constructor(source: string, terms: Terms<E>) {
    this.#source = source;
    this.#terms = terms;
  }

  /** A node that stands where an answer is wanted. */
  condition(node: Node): void {
    switch (node.kind) {
      case "or":
      case "and":
        return node.operands.forEach((part) => this.condition(part));
      case "not":
        return this.condition(node.operand);
      case "compare":
        return this.#comparison(node);
      case "exists":
        this.#path(node.path);
        return;
      default: {
        const kind = this.#value(node);
        if (kind === undefined || kind === "boolean" || kind === "json") return;
        this.#report(node, `${named(node)} is ${SAID[kind]}, not a condition; compare it`);
      }
    }
  }

  #comparison(node: Comparison): void {
    const { left, right, operator } = node;
    const before = this.errors.length;
    const one = this.#operand(left), other = this.#operand(right);
    if (one === undefined || other === undefined || this.errors.length > before) return;
    if (isConstant(left) && isConstant(right)) {
      return this.#report(node, "compares two constants: the answer never changes");
    }
    switch (operator) {
      case "in":
        return this.#membership(left, one, right);
      case "matches":
      case "contains_pattern":
        return this.#search(node, one);
      case "contains":
      case "starts_with":
      case "ends_with":
        this.#expect(left, one, ["string"], operator);
        return this.#expect(right, other, ["string"], operator);
      case "<":
      case "<=":
      case ">":
      case ">=":
        this.#expect(left, one, ["string", "number"], operator);
        this.#expect(right, other, ["string", "number"], operator);
        break;
      case "==":
      case "!=":
        if (one === "list" || other === "list") {
          const hint = "a list is asked with `in`, or item by item";
          return this.#report(
            one === "list" ? left : right,
            `\`${operator}\` takes no list; ${hint}`,
          );
        }
    }
    if (this.errors.length === before) this.#sameKind(node, one, other);
  }

  /** What a comparison's side is; undefined when that is wrong in itself. */
  #operand(node: Node): Kind | undefined {
    const kind = this.#value(node);
    if (kind !== "condition") return kind;
    this.#report(node, "a condition is not a value: it cannot be compared");
    return undefined;
  }

  #membership(left: Node, one: Kind, right: Node): void {
    if (right.kind !== "list") {
      const hint = "such as ['a', 'b']; to ask what a list holds, write PATH contains 'text'";
      return this.#report(right, `\`in\` needs a list of constants on its right, ${hint}`);
    }
    if (left.kind === "list") return this.#report(left, "`in` needs one value on its left");
    if (right.items.length === 0) return this.#report(right, "nothing is in an empty list");
    for (const item of right.items) {
      const kind = kindOfLiteral(item);
      if (one === "json" || one === kind) continue;
      this.#report(item, `${named(item)} is ${SAID[kind]}, but ${named(left)} is ${SAID[one]}`);
    }
  }

  #search(node: Comparison, one: Kind): void {
    const { left, right, operator } = node;
    if (isConstant(left)) {
      return this.#report(left, `\`${operator}\` needs a path on its left`);
    }
    this.#expect(left, one, ["string"], operator);
    if (right.kind !== "literal" || typeof right.value !== "string") {
      return this.#report(right, `\`${operator}\` needs a pattern in quotes on its right`);
    }
    const pattern = this.#terms.patterns(right.value);
    if ("test" in pattern) {
      this.patterns.set(right, pattern);
      return;
    }
    const text = this.#source.slice(right.offset, right.offset + right.length);
    const start = offsetInLiteral(text, pattern.offset);
    const end = offsetInLiteral(text, pattern.offset + pattern.length);
    this.errors.push({
      message: `the pattern cannot be read: ${pattern.message}`,
      offset: right.offset + start,
      length: end - start,
    });
  }

  #sameKind(node: Comparison, one: Kind, other: Kind): void {
    if (one === other || one === "json" || other === "json") return;
    const sides = `${named(node.left)} is ${SAID[one]} and ${named(node.right)} is ${SAID[other]}`;
    this.#report(node, `${sides}: \`${node.operator}\` cannot compare them`);
  }

  #expect(node: Node, kind: Kind, wanted: readonly Kind[], operator: string): void {
    if (kind === "json" || wanted.includes(kind)) return;
    const names = wanted.map((kind) => SAID[kind]).join(" or ");
    this.#report(node, `\`${operator}\` needs ${names} here; ${named(node)} is ${SAID[kind]}`);
  }

  /** What a node's value is; undefined when that is wrong in itself, which is then reported. */
  #value(node: Node): Kind | undefined {
    switch (node.kind) {
      case "literal":
        return kindOfLiteral(node);
      case "list":
        return "list";
      case "path":
        return this.#path(node);
      case "len":
        return this.#length(node.operand);
      default:
        this.condition(node);
        return "condition";
    }
  }

  #length(operand: Node): Kind | undefined {
    if (operand.kind !== "path") {
      this.#report(operand, "`len` asks for a path, such as arguments.name");
      return undefined;
    }
    const kind = this.#path(operand);
    if (kind !== undefined) this.#expect(operand, kind, ["string", "list"], "len");
    return "number";
  }

  #path(path: Path): Kind | undefined {
    const root = rootOf(path, this.#terms.roots);
    if (root === undefined) return this.#unknown(path);
    const name = root.path.join(".");
    if (root.refusal !== undefined) return this.#report(path, `\`${name}\`: ${root.refusal}`);
    if (root.type !== "json" && path.segments.length > root.path.length) {
      return this.#report(path, `\`${name}\` is ${SAID[root.type]}: nothing lies below it`);
    }
    return root.type;
  }

  #unknown(path: Path): undefined {
    const names = this.#terms.roots.map((root) => root.path.join("."));
    const [first, second] = path.segments;
    const below = names.filter((name) => name.startsWith(`${first}.`));
    const typed = second === undefined ? `${first}` : `${first}.${second}`;
    const near = this.#terms.suggest?.(typed, names) ??
      this.#terms.suggest?.(`${first}`, names);
    const hint = near !== undefined
      ? `did you mean \`${near}\`?`
      : `there is ${(below.length > 0 ? below : names).join(", ")}`;
    this.#report(path, `nothing is called \`${typed}\`; ${hint}`);
  }

  #report({ offset, length }: Span, message: string): undefined {
    this.errors.push({ message, offset, length });
  }
}

function isConstant(node: Node): node is Literal | List {
  return node.kind === "literal" || node.kind === "list";
}

function kindOfLiteral({ value }: Literal): Kind {
  return value === null ? "null" : typeof value as "string" | "number" | "boolean";
}

/** A node's text for a message, cut where it would drown the rest. */
function named(node: Node): string {
  const text = print(node);
  return text.length <= 40 ? `\`${text}\`` : `\`${text.slice(0, 39)}…\``;
}

/**
 * Third step of a condition: finds what is wrong before there is a value.
 *
 * @module
 */

import type { Call, Comparison, Literal, Node, Path } from "./ast.ts";
import { type Kind, KIND_WORDS } from "./kinds.ts";
import { offsetInLiteral } from "./lexer.ts";
import type { Lists } from "./lists.ts";
import { type Matcher, SURE } from "./matcher.ts";
import { type Operand, OPERATORS } from "./operators.ts";
import { print } from "./print.ts";
import type { Suggest } from "./reading.ts";
import { type Root, rootOf } from "./roots.ts";
import type { ConditionError, Span } from "./span.ts";

/** A compiled regular expression. */
export interface Pattern {
  /** Whether the pattern is found anywhere in `text`. */
  test(text: string): boolean;
}

/** A fault of a pattern, and its place in it; in UTF-16 code units. */
export interface PatternError extends Span {
  readonly message: string;
}

/** Compiles a pattern of whatever dialect the caller speaks. Must not throw. */
export type PatternCompiler = (source: string) => Pattern | PatternError;

/** The patterns of a condition, by the literal that each stands in. */
export type PatternTable = ReadonlyMap<Literal, Pattern>;

/** Names, patterns and suggestions that a condition is checked against. */
export interface Terms<E> {
  readonly roots: readonly Root<E>[];
  readonly patterns: PatternCompiler;
  readonly suggest?: Suggest;
  /** Functions that read values as what they are, by name. */
  readonly matchers?: ReadonlyMap<string, Matcher>;
  /** Constants, by name. */
  readonly lists?: Lists;
}

/**
 * Checks a tree, so that whoever writes a condition hears of every mistake when it is loaded.
 *
 * @param source The text that `ast` was read from: a pattern's faults are placed in it.
 * @returns The errors in the order of the text, and the compiled patterns. A tree without errors can
 * be compiled.
 */
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
        this.#report(node, `${named(node)} is ${KIND_WORDS[kind]}, not a condition; compare it`);
      }
    }
  }

  #comparison(node: Comparison): void {
    const { operator, offset, length } = node, { check, right: wanted } = OPERATORS[operator];
    const before = this.errors.length;
    const left = this.#operand(node.left), right = this.#operand(node.right);
    if (left === undefined || right === undefined || this.errors.length > before) return;
    if (left.isConstant && right.isConstant) {
      return this.#report(node, "compares two constants: the answer never changes");
    }
    const refuse = (at: Span, message: string) => this.#report(at, message);
    check({ operator, left, right, offset, length, refuse });
    if (operator === "within") this.#directories(node);
    if (wanted === "pattern" && node.right.kind === "literal") this.#pattern(node.right);
  }

  /** Checks a comparison's side; undefined when it is wrong in itself. */
  #operand(node: Node): Operand | undefined {
    const kind = this.#value(node);
    if (kind === undefined) return undefined;
    if (kind !== "condition") return new Side(node, kind);
    return this.#report(node, "a condition is not a value: it cannot be compared");
  }

  #directories({ left, right }: Comparison): void {
    const matcher = left.kind === "call" ? this.#terms.matchers?.get(left.name) : undefined;
    for (const item of right.kind === "list" ? right.items : [right]) {
      if (item.kind !== "literal" || typeof item.value !== "string") continue;
      if (matcher?.directories?.(item.value) !== null) continue;
      this.#report(item, `a directory begins with /, ~/ or ./, and not as ${named(item)}`);
    }
  }

  #pattern(literal: Literal): void {
    if (typeof literal.value !== "string") return;
    const pattern = this.#terms.patterns(literal.value);
    if ("test" in pattern) {
      this.patterns.set(literal, pattern);
      return;
    }
    const text = this.#source.slice(literal.offset, literal.offset + literal.length);
    const start = offsetInLiteral(text, pattern.offset);
    const end = offsetInLiteral(text, pattern.offset + pattern.length);
    this.errors.push({
      message: `the pattern cannot be read: ${pattern.message}`,
      offset: literal.offset + start,
      length: end - start,
    });
  }

  /** Finds the kind of a node's value; undefined when it is wrong in itself, which is then reported. */
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
      case "call":
        return this.#call(node);
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
    if (kind !== undefined && kind !== "json" && kind !== "string") {
      this.#report(
        operand,
        `\`len\` needs a string or a list here; ${named(operand)} is ${KIND_WORDS[kind]}`,
      );
    }
    return "number";
  }

  #call({ name, path, member, offset, length }: Call): Kind | undefined {
    const matcher = this.#terms.matchers?.get(name);
    if (matcher === undefined) {
      return this.#report({ offset, length }, `there is no function \`${name}\` here`);
    }
    const kind = this.#path(path);
    if (kind === undefined) return undefined;
    if (kind !== "json" && kind !== "string") {
      return this.#report(
        path,
        `\`${name}\` needs a string here; ${named(path)} is ${KIND_WORDS[kind]}`,
      );
    }
    if (member === SURE) return "boolean";
    const members = matcher.members;
    if (Object.hasOwn(members, member)) return members[member];
    const all = [...Object.keys(members), SURE].filter((one) => one !== "").map((one) => `.${one}`);
    const what = member === ""
      ? `\`${name}(…)\` needs one of its members`
      : `\`${name}(…)\` has no .${member}`;
    return this.#report({ offset, length }, `${what}: ${all.join(", ")}`);
  }

  #path(path: Path): Kind | undefined {
    const root = rootOf(path, this.#terms.roots);
    if (root === undefined) return this.#unknown(path);
    const name = root.path.join(".");
    if (root.refusal !== undefined) return this.#report(path, `\`${name}\`: ${root.refusal}`);
    if (root.type !== "json" && path.segments.length > root.path.length) {
      return this.#report(path, `\`${name}\` is ${KIND_WORDS[root.type]}: nothing lies below it`);
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
    // The items of a named list stand in one place: the first that is wrong is told.
    const isTold = this.errors.some((told) => told.offset === offset && told.length === length);
    if (!isTold) this.errors.push({ message, offset, length });
  }
}

/** A side of a comparison; its text is made only for a message. */
class Side implements Operand {
  readonly #node: Node;
  readonly kind: Kind;

  constructor(node: Node, kind: Kind) {
    this.#node = node;
    this.kind = kind;
  }

  get offset(): number {
    return this.#node.offset;
  }

  get length(): number {
    return this.#node.length;
  }

  get isConstant(): boolean {
    return this.#node.kind === "literal" || this.#node.kind === "list";
  }

  get text(): string {
    return named(this.#node);
  }

  get items(): readonly Operand[] {
    if (this.#node.kind !== "list") return [];
    return this.#node.items.map((item) => new Side(item, kindOfLiteral(item)));
  }
}

function kindOfLiteral({ value }: Literal): Kind {
  return value === null ? "null" : typeof value as "string" | "number" | "boolean";
}

/** A node's text for a message, cut where it would drown the rest. */
function named(node: Node): string {
  const text = print(node);
  return text.length <= 40 ? `\`${text}\`` : `\`${text.slice(0, 39)}…\``;
}

/**
 * Second step of a condition: tokens into a tree.
 *
 * A slip is reported and skipped up to the next `and`, `or` or `)`, so that one reading tells of
 * several.
 *
 * @module
 */

import type { ConditionError, Literal, Node, Operator, Path, Span } from "./ast.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { Cursor, PastBound, Slip } from "./cursor.ts";
import { lex, type Token } from "./lexer.ts";

/** Finds the word of `words` that `typed` is most likely a slip of, or undefined. */
export type Suggest = (typed: string, words: readonly string[]) => string | undefined;

/** What a parse gives; the tree is sound only when there are no errors. */
export interface Parsed {
  readonly ast: Node;
  readonly errors: readonly ConditionError[];
}

const SYMBOL_OPERATORS = ["==", "!=", "<", "<=", ">", ">="];
const WORD_OPERATORS = [
  "matches",
  "contains_pattern",
  "contains",
  "starts_with",
  "ends_with",
  "in",
];
const FUNCTIONS = ["exists", "len"];
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Reads a condition's text. Never throws; errors are in the order of the text. */
export function parse(source: string, suggest: Suggest = () => undefined): Parsed {
  if (source.length > EXPR_BOUNDS.sourceChars) {
    const message = `a condition has at most ${EXPR_BOUNDS.sourceChars} characters`;
    const offset = EXPR_BOUNDS.sourceChars;
    return { ast: PLACEHOLDER, errors: [{ message, offset, length: source.length - offset }] };
  }
  const { tokens, errors } = lex(source);
  const ast = new Parser(tokens, errors, suggest).condition();
  return { ast, errors: errors.sort((a, b) => a.offset - b.offset) };
}

/** Stands where something could not be read; the checker has nothing against it. */
const PLACEHOLDER: Literal = Object.freeze({ kind: "literal", value: true, offset: 0, length: 0 });

class Parser {
  readonly #cursor: Cursor;
  readonly #errors: ConditionError[];
  readonly #suggest: Suggest;
  #levels = 0;
  #nodes = 0;

  constructor(tokens: readonly Token[], errors: ConditionError[], suggest: Suggest) {
    this.#cursor = new Cursor(tokens);
    this.#errors = errors;
    this.#suggest = suggest;
  }

  /** condition := or END */
  condition(): Node {
    if (this.#cursor.peek().kind === "end") {
      this.#errors.push({ message: "the condition is empty", offset: 0, length: 0 });
      return PLACEHOLDER;
    }
    try {
      const ast = this.#or();
      while (this.#cursor.peek().kind !== "end") {
        // Only a bracket stops `or` before the end: one too many.
        this.#report(new Slip(this.#cursor.peek(), "there is no ( that this ) closes"));
        this.#cursor.take();
        if (this.#cursor.isWord("and") || this.#cursor.isWord("or")) this.#cursor.take();
        if (this.#cursor.peek().kind !== "end") this.#or();
      }
      return ast;
    } catch (fault) {
      if (!(fault instanceof PastBound)) throw fault;
      this.#report(fault);
      return PLACEHOLDER;
    }
  }

  /** or := and ("or" and)* */
  #or(): Node {
    return this.#junction("or", () => this.#and());
  }

  /** and := not ("and" not)* */
  #and(): Node {
    return this.#junction("and", () => this.#not());
  }

  #junction(kind: "or" | "and", operand: () => Node): Node {
    const start = this.#cursor.peek();
    const first = operand();
    if (!this.#cursor.isWord(kind)) return first;
    const operands = [first];
    while (this.#cursor.isWord(kind)) {
      this.#cursor.take();
      operands.push(operand());
    }
    return this.#node({ kind, operands, ...this.#cursor.since(start) });
  }

  /** not := ("not" | "!") not | cmp */
  #not(): Node {
    const start = this.#cursor.peek();
    if (!this.#cursor.isWord("not") && !this.#cursor.isSymbol("!")) return this.#comparisonOrSkip();
    this.#cursor.take();
    const operand = this.#deeper(start, () => this.#not());
    return this.#node({ kind: "not", operand, ...this.#cursor.since(start) });
  }

  #comparisonOrSkip(): Node {
    const start = this.#cursor.mark();
    try {
      return this.#comparison();
    } catch (fault) {
      if (!(fault instanceof Slip) || fault instanceof PastBound) throw fault;
      this.#report(fault);
      this.#cursor.skip(start);
      return PLACEHOLDER;
    }
  }

  /** cmp := value (op value)? */
  #comparison(): Node {
    const start = this.#cursor.peek();
    const left = this.#value();
    const operator = this.#operator();
    if (operator === undefined) {
      this.#endOfComparison(false);
      return left;
    }
    const right = this.#value();
    const node = { kind: "compare", operator, left, right, ...this.#cursor.since(start) } as const;
    this.#endOfComparison(true);
    return this.#node(node);
  }

  /** op := == != < <= > >= matches contains_pattern contains starts_with ends_with in */
  #operator(): Operator | undefined {
    const { kind, text } = this.#cursor.peek();
    const operators = kind === "symbol" ? SYMBOL_OPERATORS : kind === "name" ? WORD_OPERATORS : [];
    if (!operators.includes(text)) return undefined;
    this.#cursor.take();
    return text as Operator;
  }

  /** After a comparison nothing may stand but `and`, `or`, `)` and the end. */
  #endOfComparison(compared: boolean): void {
    const next = this.#cursor.peek();
    if (
      next.kind === "end" || this.#cursor.isSymbol(")") || this.#cursor.isWord("and") ||
      this.#cursor.isWord("or")
    ) {
      return;
    }
    if (SYMBOL_OPERATORS.includes(next.text) || WORD_OPERATORS.includes(next.text)) {
      throw new Slip(next, "comparisons do not chain; join two of them with `and`");
    }
    const lower = next.text.toLowerCase();
    if (lower !== next.text && ["and", "or", ...WORD_OPERATORS].includes(lower)) {
      throw new Slip(next, `\`${next.text}\` is written \`${lower}\``);
    }
    if (next.kind === "name" && !compared) {
      throw new Slip(
        next,
        `\`${next.text}\` is not an operator${this.#meant(WORD_OPERATORS, next.text)}`,
      );
    }
    const expected = compared ? "`and`, `or`" : "an operator, `and`, `or`";
    this.#cursor.refuse(`expected ${expected} or the end before \`${next.text}\``);
  }

  /** value := path | literal | call | "(" or ")" */
  #value(): Node {
    const start = this.#cursor.peek();
    switch (start.kind) {
      case "bad":
        throw new Slip(start);
      case "end":
        throw new Slip(start, "the condition ends where a value should stand");
      case "string":
      case "number":
        return this.#literal();
      case "symbol":
        if (start.text === "(") return this.#brackets();
        if (start.text === "[") return this.#list();
        throw new Slip(start, `expected a value before \`${start.text}\``);
      case "name":
        if (CONSTANTS.has(start.text)) return this.#literal();
        if (this.#cursor.isSymbol("(", 1)) return this.#call();
        if (["and", "or", "not", ...WORD_OPERATORS].includes(start.text)) {
          throw new Slip(start, `expected a value before \`${start.text}\``);
        }
        return this.#path();
    }
  }

  #brackets(): Node {
    const open = this.#cursor.take();
    const inner = this.#deeper(open, () => this.#or());
    if (!this.#cursor.isSymbol(")")) throw new Slip(open, "the ( is never closed");
    this.#cursor.take();
    return inner;
  }

  /** literal := STRING | NUMBER | "true" | "false" | "null" */
  #literal(): Literal {
    const token = this.#cursor.peek(), span = { offset: token.offset, length: token.length };
    const value = token.kind === "string" || token.kind === "number"
      ? token.value
      : CONSTANTS.get(token.text);
    if (value === undefined) {
      this.#cursor.refuse("expected a string, a number, true, false or null");
    }
    this.#cursor.take();
    return this.#node({ kind: "literal", value, ...span });
  }

  /** list := "[" (literal ("," literal)*)? "]" */
  #list(): Node {
    const open = this.#cursor.take();
    const items: Literal[] = [];
    this.#deeper(open, () => {
      while (!this.#cursor.isSymbol("]")) {
        if (items.length > 0) this.#cursor.expect(",", "expected , or ] in the list");
        items.push(this.#literal());
      }
    });
    this.#cursor.take();
    return this.#node({ kind: "list", items, ...this.#cursor.since(open) });
  }

  /** call := "exists" "(" path ")" | "len" "(" value ")" */
  #call(): Node {
    const name = this.#cursor.take(), open = this.#cursor.take();
    if (!FUNCTIONS.includes(name.text)) {
      const hint = this.#meant(FUNCTIONS, name.text) || "; there are `exists` and `len`";
      throw new Slip(name, `there is no function \`${name.text}\`${hint}`);
    }
    const operand = this.#deeper(open, () => this.#value());
    this.#cursor.expect(")", `expected ) after what \`${name.text}\` asks for`);
    const span = this.#cursor.since(name);
    if (name.text === "len") return this.#node({ kind: "len", operand, ...span });
    if (operand.kind !== "path") {
      throw new Slip(operand, "`exists` asks for a path, such as arguments.name");
    }
    return this.#node({ kind: "exists", path: operand, ...span });
  }

  /** path := NAME ("." NAME | "[" INTEGER | STRING "]")* */
  #path(): Path {
    const start = this.#cursor.take();
    const segments: (string | number)[] = [start.text];
    for (;;) {
      if (this.#cursor.isSymbol(".")) {
        this.#cursor.take();
        segments.push(this.#field());
      } else if (this.#cursor.isSymbol("[")) {
        this.#cursor.take();
        segments.push(this.#key());
        this.#cursor.expect("]", "expected ] after the key");
      } else {
        return this.#node({ kind: "path", segments, ...this.#cursor.since(start) });
      }
    }
  }

  /** A name after a dot: any, for no word is reserved there. */
  #field(): string {
    const { kind, text } = this.#cursor.peek();
    if (kind === "number") this.#cursor.refuse("a position in a list is written [0]");
    if (kind !== "name") this.#cursor.refuse("expected a name after the dot");
    this.#cursor.take();
    return text;
  }

  #key(): string | number {
    const key = this.#cursor.peek();
    if (key.kind !== "string" && !(key.kind === "number" && /^[0-9]+$/.test(key.text))) {
      return this.#cursor.refuse("in [ ] stands a position, 0 or more, or a key in quotes");
    }
    this.#cursor.take();
    return key.value;
  }

  #node<N extends Node>(node: N): N {
    if (++this.#nodes > EXPR_BOUNDS.nodes) {
      throw new PastBound(node, `a condition has at most ${EXPR_BOUNDS.nodes} parts`);
    }
    return node;
  }

  /** Reads what stands inside of `opener`, one level further down. */
  #deeper<T>(opener: Span, read: () => T): T {
    if (++this.#levels > EXPR_BOUNDS.levels) {
      throw new PastBound(opener, `a condition is at most ${EXPR_BOUNDS.levels} levels deep`);
    }
    try {
      return read();
    } finally {
      this.#levels--;
    }
  }

  #meant(words: readonly string[], typed: string): string {
    const word = this.#suggest(typed, words);
    return word === undefined ? "" : `; did you mean \`${word}\`?`;
  }

  #report(slip: Slip): void {
    if (slip.message === undefined) return;
    const { offset, length } = slip.span;
    this.#errors.push({ message: slip.message, offset, length });
  }
}

/**
 * Second step of a condition: tokens into a tree.
 *
 * A slip is reported and skipped up to the next `and`, `or` or `)`, so that one reading tells of
 * several.
 *
 * @module
 */

import type { Literal, Node } from "./ast.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { type Cursor, PastBound, Slip } from "./cursor.ts";
import { lex, type Token } from "./lexer.ts";
import { isOperator, type OperatorName, WORD_OPERATORS } from "./operators.ts";
import { Reading, type Suggest } from "./reading.ts";
import type { ConditionError } from "./span.ts";
import { ValueParser } from "./value_parser.ts";

/** Result of a parse; the tree is sound only when there are no errors. */
export interface Parsed {
  readonly ast: Node;
  readonly errors: readonly ConditionError[];
}

/**
 * Reads a condition's text. Never throws.
 *
 * @param suggest Guesses what a misspelled word was meant to be.
 * @returns The tree and the errors, in the order of the text.
 */
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
  readonly #reading: Reading;
  readonly #cursor: Cursor;
  readonly #errors: ConditionError[];
  readonly #values: ValueParser;

  constructor(tokens: readonly Token[], errors: ConditionError[], suggest: Suggest) {
    this.#reading = new Reading(tokens, errors, suggest);
    this.#cursor = this.#reading.cursor;
    this.#errors = errors;
    this.#values = new ValueParser(this.#reading, () => this.#or());
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
        this.#reading.report(new Slip(this.#cursor.peek(), "there is no ( that this ) closes"));
        this.#cursor.take();
        if (this.#cursor.isWord("and") || this.#cursor.isWord("or")) this.#cursor.take();
        if (this.#cursor.peek().kind !== "end") this.#or();
      }
      return ast;
    } catch (fault) {
      if (!(fault instanceof PastBound)) throw fault;
      this.#reading.report(fault);
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
    return this.#reading.node({ kind, operands, ...this.#cursor.since(start) });
  }

  /** not := ("not" | "!") not | cmp */
  #not(): Node {
    const start = this.#cursor.peek();
    if (!this.#cursor.isWord("not") && !this.#cursor.isSymbol("!")) return this.#comparisonOrSkip();
    this.#cursor.take();
    const operand = this.#reading.deeper(start, () => this.#not());
    return this.#reading.node({ kind: "not", operand, ...this.#cursor.since(start) });
  }

  #comparisonOrSkip(): Node {
    const start = this.#cursor.mark();
    try {
      return this.#comparison();
    } catch (fault) {
      if (!(fault instanceof Slip) || fault instanceof PastBound) throw fault;
      this.#reading.report(fault);
      this.#cursor.skip(start);
      return PLACEHOLDER;
    }
  }

  /** cmp := value (op value)? */
  #comparison(): Node {
    const start = this.#cursor.peek();
    const left = this.#values.value();
    const operator = this.#operator();
    if (operator === undefined) {
      this.#endOfComparison(false);
      return left;
    }
    const right = this.#values.value();
    const node = { kind: "compare", operator, left, right, ...this.#cursor.since(start) } as const;
    this.#endOfComparison(true);
    return this.#reading.node(node);
  }

  /** op := a spelling in the table of operators */
  #operator(): OperatorName | undefined {
    const { text } = this.#cursor.peek();
    if (!isOperator(text)) return undefined;
    this.#cursor.take();
    return text;
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
    if (isOperator(next.text)) {
      throw new Slip(next, "comparisons do not chain; join two of them with `and`");
    }
    const lower = next.text.toLowerCase();
    if (lower !== next.text && ["and", "or", ...WORD_OPERATORS].includes(lower)) {
      throw new Slip(next, `\`${next.text}\` is written \`${lower}\``);
    }
    if (next.kind === "name" && !compared) {
      throw new Slip(
        next,
        `\`${next.text}\` is not an operator${this.#reading.meant(WORD_OPERATORS, next.text)}`,
      );
    }
    const expected = compared ? "`and`, `or`" : "an operator, `and`, `or`";
    this.#cursor.refuse(`expected ${expected} or the end before \`${next.text}\``);
  }
}

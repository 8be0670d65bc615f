/**
 * Second step of a condition, its smaller half: what stands on the sides of an operator.
 *
 * @module
 */

import type { Literal, Node, Path } from "./ast.ts";
import { type Cursor, Slip } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import { WORD_OPERATORS } from "./operators.ts";
import type { Reading } from "./reading.ts";

/** Those that read a value as what it is; which there are, the checker knows. */
const MATCHERS = ["path", "url", "shell"];
const FUNCTIONS = ["exists", "len", ...MATCHERS];
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** Reads the sides of comparisons, and what stands alone. */
export class ValueParser {
  readonly #reading: Reading;
  readonly #cursor: Cursor;
  readonly #condition: () => Node;

  /** @param condition Reads what stands in brackets. */
  constructor(reading: Reading, condition: () => Node) {
    this.#reading = reading;
    this.#cursor = reading.cursor;
    this.#condition = condition;
  }

  /** value := path | literal | call | "(" or ")" */
  value(): Node {
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
    const inner = this.#reading.deeper(open, this.#condition);
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
    return this.#reading.node({ kind: "literal", value, ...span });
  }

  /** list := "[" (literal ("," literal)*)? "]" */
  #list(): Node {
    const open = this.#cursor.take();
    const items: Literal[] = [];
    this.#reading.deeper(open, () => {
      while (!this.#cursor.isSymbol("]")) {
        if (items.length > 0) this.#cursor.expect(",", "expected , or ] in the list");
        items.push(this.#literal());
      }
    });
    this.#cursor.take();
    return this.#reading.node({ kind: "list", items, ...this.#cursor.since(open) });
  }

  /** call := "exists" "(" path ")" | "len" "(" value ")" | matcher */
  #call(): Node {
    const name = this.#cursor.take(), open = this.#cursor.take();
    if (!FUNCTIONS.includes(name.text)) {
      const hint = this.#reading.meant(FUNCTIONS, name.text) ||
        `; there are ${FUNCTIONS.map((one) => `\`${one}\``).join(", ")}`;
      throw new Slip(name, `there is no function \`${name.text}\`${hint}`);
    }
    const operand = this.#reading.deeper(open, () => this.value());
    this.#cursor.expect(")", `expected ) after what \`${name.text}\` asks for`);
    if (MATCHERS.includes(name.text)) return this.#matcher(name, operand);
    const span = this.#cursor.since(name);
    if (name.text === "len") return this.#reading.node({ kind: "len", operand, ...span });
    if (operand.kind !== "path") {
      throw new Slip(operand, "`exists` asks for a path, such as arguments.name");
    }
    return this.#reading.node({ kind: "exists", path: operand, ...span });
  }

  /** call := ("path" | "url" | "shell") "(" path ")" ("." NAME)? */
  #matcher(name: Token, operand: Node): Node {
    if (operand.kind !== "path") {
      throw new Slip(operand, `\`${name.text}\` asks for a path, such as arguments.name`);
    }
    let member = "";
    if (this.#cursor.isSymbol(".")) {
      this.#cursor.take();
      member = this.#field();
    }
    const span = this.#cursor.since(name);
    return this.#reading.node({ kind: "call", name: name.text, path: operand, member, ...span });
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
        return this.#reading.node({ kind: "path", segments, ...this.#cursor.since(start) });
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
}

/**
 * A place in the tokens of a condition, and what the parser does there.
 *
 * @module
 */

import type { Span } from "./span.ts";
import type { Token } from "./lexer.ts";

/** Thrown to stop the reading of a comparison. Without a message it has been reported already. */
export class Slip {
  constructor(readonly span: Span, readonly message?: string) {}
}

/** A bound was passed: there is no reading on. */
export class PastBound extends Slip {}

/** Reads tokens one by one. The last of them is the end, which stays. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** The next token, which stays the next. */
  peek(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The next token, which is then behind us. */
  take(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Whether the next token is this word. */
  isWord(word: string): boolean {
    const { kind, text } = this.peek();
    return kind === "name" && text === word;
  }

  /** Whether the next token, or the one `ahead` of it, is this symbol. */
  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === "symbol" && token.text === symbol;
  }

  /**
   * Takes a symbol that must stand here.
   *
   * @throws {Slip} with `message` when another token does.
   */
  expect(symbol: string, message: string): void {
    if (!this.isSymbol(symbol)) this.refuse(message);
    this.take();
  }

  /**
   * Refuses the next token. The lexer has reported a bad one already.
   *
   * @throws {Slip} always.
   */
  refuse(message: string): never {
    const next = this.peek();
    throw next.kind === "bad" ? new Slip(next) : new Slip(next, message);
  }

  /** From the start of `first` to the end of the last token taken. */
  since(first: Span): Span {
    const last = this.#tokens[this.#at - 1]!;
    return { offset: first.offset, length: last.offset + last.length - first.offset };
  }

  /** Marks the place of the next token, for {@link skip}. */
  mark(): number {
    return this.#at;
  }

  /**
   * Goes on to the next `and`, `or` or `)` of the level that `start` is on. Behind a dot such a word
   * is a field's name.
   */
  skip(start: number): void {
    const reached = this.#at;
    let open = 0;
    for (this.#at = start; this.peek().kind !== "end"; this.#at++) {
      if (this.isSymbol("(")) open++;
      if (this.isSymbol(")") && open-- === 0) return;
      const joins = this.isWord("and") || this.isWord("or");
      if (joins && open === 0 && this.#at >= reached && !this.isSymbol(".", -1)) return;
    }
  }
}

/**
 * One reading of a condition's tokens: how far it is, what it has found wrong, and its bounds.
 *
 * @module
 */

import type { Node } from "./ast.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { Cursor, PastBound, type Slip } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import type { ConditionError, Span } from "./span.ts";

/** Finds the word of `words` that `typed` is most likely a slip of, or undefined. */
export type Suggest = (typed: string, words: readonly string[]) => string | undefined;

/** What the parsers of conditions and of values share. */
export class Reading {
  readonly cursor: Cursor;
  readonly #errors: ConditionError[];
  readonly #suggest: Suggest;
  #levels = 0;
  #nodes = 0;

  /** @param errors Where {@link report} puts what it is told. */
  constructor(tokens: readonly Token[], errors: ConditionError[], suggest: Suggest) {
    this.cursor = new Cursor(tokens);
    this.#errors = errors;
    this.#suggest = suggest;
  }

  /** Counts a node of the tree. */
  node<N extends Node>(node: N): N {
    if (++this.#nodes > EXPR_BOUNDS.nodes) {
      throw new PastBound(node, `a condition has at most ${EXPR_BOUNDS.nodes} parts`);
    }
    return node;
  }

  /** Reads what stands inside of `opener`, one level further down. */
  deeper<T>(opener: Span, read: () => T): T {
    if (++this.#levels > EXPR_BOUNDS.levels) {
      throw new PastBound(opener, `a condition is at most ${EXPR_BOUNDS.levels} levels deep`);
    }
    try {
      return read();
    } finally {
      this.#levels--;
    }
  }

  /** The end of a message that offers the word that was likely meant; empty when there is none. */
  meant(words: readonly string[], typed: string): string {
    const word = this.#suggest(typed, words);
    return word === undefined ? "" : `; did you mean \`${word}\`?`;
  }

  /** Keeps what is wrong, unless it has been reported already. */
  report(slip: Slip): void {
    if (slip.message === undefined) return;
    const { offset, length } = slip.span;
    this.#errors.push({ message: slip.message, offset, length });
  }
}

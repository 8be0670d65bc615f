/**
 * One reading of a condition's tokens: its place, its bounds, and the errors it has found.
 *
 * @module
 */

import type { Node } from "./ast.ts";
import { EXPR_BOUNDS } from "./bounds.ts";
import { Cursor, PastBound, type Slip } from "./cursor.ts";
import type { Token } from "./lexer.ts";
import type { ConditionError, Span } from "./span.ts";

/** Guesses the word of `words` that `typed` is most likely a slip of, or gives undefined. */
export type Suggest = (typed: string, words: readonly string[]) => string | undefined;

/** State that the parsers of conditions and of values share. */
export class Reading {
  readonly cursor: Cursor;
  readonly #errors: ConditionError[];
  readonly #suggest: Suggest;
  #levels = 0;
  #nodes = 0;

  /** @param errors List that {@link report} adds to. */
  constructor(tokens: readonly Token[], errors: ConditionError[], suggest: Suggest) {
    this.cursor = new Cursor(tokens);
    this.#errors = errors;
    this.#suggest = suggest;
  }

  /**
   * Counts a node of the tree.
   *
   * @returns The node itself.
   * @throws {PastBound} when there are too many.
   */
  node<N extends Node>(node: N): N {
    if (++this.#nodes > EXPR_BOUNDS.nodes) {
      throw new PastBound(node, `a condition has at most ${EXPR_BOUNDS.nodes} parts`);
    }
    return node;
  }

  /**
   * Reads what stands inside of `opener`, one level further down.
   *
   * @throws {PastBound} when that is too deep.
   */
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

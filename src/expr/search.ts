/**
 * The search that a condition begins with: where it finds nothing, nothing else is asked.
 *
 * @module
 */

import type { Comparison, Literal, Node } from "./ast.ts";
import type { Pattern } from "./checker.ts";
import { OPERATORS } from "./operators.ts";

/** A comparison with a pattern. */
export type Search = Comparison & { readonly right: Literal };

/** A search that is the first of what must hold. */
export interface NeededSearch<E> {
  /** Where and how it searches: `arguments.command matches`. */
  readonly place: string;
  readonly pattern: Pattern;
  /** Makes the same search for another pattern: whether it finds anything, however it may be read. */
  for(pattern: Pattern): (env: E) => boolean;
}

/** The search that a condition begins with, if it does: whatever else must hold is asked after it. */
export function searchOf(ast: Node): Search | undefined {
  if (ast.kind === "and") return searchOf(ast.operands[0]!);
  return isSearch(ast) && ast.left.kind === "path" ? ast : undefined;
}

/** Whether a part of a condition searches for a pattern. */
export function isSearch(node: Node): node is Search {
  return node.kind === "compare" && OPERATORS[node.operator].right === "pattern" &&
    node.right.kind === "literal";
}

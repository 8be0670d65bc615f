/**
 * Conditions that differ from one in a single place, to see whether anybody notices.
 *
 * @module
 */

import type { Comparison, Junction, Node } from "./ast.ts";
import { print } from "./print.ts";

/** A changed tree. */
export interface Change {
  /** Made of the parts of the original, but for numbers. */
  readonly ast: Node;
  /** What was done to it, as in `without arguments.a == 1`. */
  readonly words: string;
}

/**
 * Changes a tree in each simple way there is: a part of it left out, where it is an `and` or an `or`;
 * a number that something is compared with one more or one less.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parse } from "./parser.ts";
 * import { print } from "./print.ts";
 *
 * const changed = [...changesOf(parse("time.hour < 9 or agent.name == 'ada'").ast)];
 * assert.deepEqual(changed.map(({ ast }) => print(ast)), [
 *   "agent.name == 'ada'",
 *   "time.hour < 9",
 *   "time.hour < 10 or agent.name == 'ada'",
 *   "time.hour < 8 or agent.name == 'ada'",
 * ]);
 * ```
 */
export function* changesOf(ast: Node): Generator<Change> {
  if (ast.kind === "and" || ast.kind === "or") yield* partsLeftOut(ast);
  yield* numbersMoved(ast);
}

function* partsLeftOut(node: Junction): Generator<Change> {
  for (const [index, part] of node.operands.entries()) {
    const rest = node.operands.toSpliced(index, 1);
    const ast = rest.length === 1 ? rest[0]! : { ...node, operands: rest };
    yield { ast, words: `without ${print(part)}` };
  }
}

function* numbersMoved(node: Node): Generator<Change> {
  switch (node.kind) {
    case "and":
    case "or":
      for (const [index, part] of node.operands.entries()) {
        for (const { ast, words } of numbersMoved(part)) {
          yield { ast: { ...node, operands: node.operands.with(index, ast) }, words };
        }
      }
      break;
    case "not":
      for (const { ast, words } of numbersMoved(node.operand)) {
        yield { ast: { ...node, operand: ast }, words };
      }
      break;
    case "compare": {
      const { right } = node;
      if (right.kind !== "literal" || typeof right.value !== "number") break;
      for (const value of [right.value + 1, right.value - 1]) {
        const ast: Comparison = { ...node, right: { ...right, value } };
        yield { ast, words: `with ${print(ast)}` };
      }
    }
  }
}

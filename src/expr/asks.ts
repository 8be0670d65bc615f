/**
 * Names that a condition asks for.
 *
 * @module
 */

import type { Node } from "./ast.ts";

/**
 * Whether any path of a condition begins with `root`: what is not asked for need not be read.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parse } from "./parser.ts";
 *
 * const { ast } = parse("tool.name == 'bash' and exists(arguments.command)");
 * assert.equal(asksFor(ast, "arguments"), true);
 * assert.equal(asksFor(ast, "result"), false);
 * assert.equal(asksFor(ast, "tool", "annotations"), false);
 * ```
 */
export function asksFor(node: Node, ...root: readonly string[]): boolean {
  return holds(
    node,
    (part) => part.kind === "path" && root.every((name, i) => part.segments[i] === name),
  );
}

/** Whether a condition calls a function: `path(…)`. */
export function callsFor(node: Node, name: string): boolean {
  return holds(node, (part) => part.kind === "call" && part.name === name);
}

/** Whether any part of a tree, or the tree itself, meets a test. */
function holds(node: Node, test: (part: Node) => boolean): boolean {
  return test(node) || partsOf(node).some((part) => holds(part, test));
}

function partsOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "or":
    case "and":
      return node.operands;
    case "not":
    case "len":
      return [node.operand];
    case "compare":
      return [node.left, node.right];
    case "exists":
    case "call":
      return [node.path];
    default:
      return [];
  }
}

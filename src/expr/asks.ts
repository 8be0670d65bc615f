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
  switch (node.kind) {
    case "or":
    case "and":
      return node.operands.some((operand) => asksFor(operand, ...root));
    case "not":
    case "len":
      return asksFor(node.operand, ...root);
    case "compare":
      return asksFor(node.left, ...root) || asksFor(node.right, ...root);
    case "exists":
    case "call":
      return asksFor(node.path, ...root);
    case "path":
      return root.every((name, i) => node.segments[i] === name);
    default:
      return false;
  }
}

/** Whether a condition calls a function: `path(…)`. */
export function callsFor(node: Node, name: string): boolean {
  switch (node.kind) {
    case "or":
    case "and":
      return node.operands.some((operand) => callsFor(operand, name));
    case "not":
    case "len":
      return callsFor(node.operand, name);
    case "compare":
      return callsFor(node.left, name) || callsFor(node.right, name);
    case "call":
      return node.name === name;
    default:
      return false;
  }
}

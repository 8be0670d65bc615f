/**
 * What a condition asks for: names, functions, patterns.
 *
 * @module
 */

import type { Node } from "./ast.ts";
import { parse } from "./parser.ts";
import { isSearch } from "./search.ts";

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

/** The patterns that a condition's text searches for, sound or not; as far as it can be read. */
export function patternsIn(source: string): string[] {
  return all(parse(source).ast).filter(isSearch).flatMap(({ right }) =>
    typeof right.value === "string" ? [right.value] : []
  ).toArray();
}

/** Whether any part of a tree, or the tree itself, meets a test. */
function holds(node: Node, test: (part: Node) => boolean): boolean {
  return all(node).some(test);
}

/** A tree, and all parts of it. */
function* all(node: Node): Generator<Node> {
  yield node;
  for (const part of partsOf(node)) yield* all(part);
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

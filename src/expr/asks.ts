/**
 * What a condition asks about.
 *
 * @module
 */

import type { Node } from "./ast.ts";

/** Whether any path of the condition begins with `root`. */
export function asksFor(node: Node, root: string): boolean {
  switch (node.kind) {
    case "or":
    case "and":
      return node.operands.some((operand) => asksFor(operand, root));
    case "not":
    case "len":
      return asksFor(node.operand, root);
    case "compare":
      return asksFor(node.left, root) || asksFor(node.right, root);
    case "exists":
      return asksFor(node.path, root);
    case "path":
      return node.segments[0] === root;
    default:
      return false;
  }
}

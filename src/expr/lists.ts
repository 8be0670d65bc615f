/**
 * Constants of a policy in conditions: `lists.hosts`.
 *
 * @module
 */

import type { Literal, Node, Path } from "./ast.ts";
import type { Suggest } from "./reading.ts";
import type { ConditionError } from "./span.ts";

/** Named lists of constants. */
export type Lists = ReadonlyMap<string, readonly (string | number)[]>;

/** The word that a list's name stands behind. */
const ROOT = "lists";

/**
 * Puts lists where their names stand on the right of a comparison, the only place for them.
 *
 * @returns The tree, and an error for each name that is none of `lists`.
 */
export function withLists(
  ast: Node,
  lists: Lists,
  suggest: Suggest = () => undefined,
): { readonly ast: Node; readonly errors: readonly ConditionError[] } {
  const errors: ConditionError[] = [];
  const filled = (node: Node): Node => {
    switch (node.kind) {
      case "or":
      case "and":
        return { ...node, operands: node.operands.map(filled) };
      case "not":
        return { ...node, operand: filled(node.operand) };
      case "compare":
        return isName(node.right) ? { ...node, right: listOf(node.right) } : node;
      default:
        return node;
    }
  };
  const listOf = (path: Path): Node => {
    const { segments, offset, length } = path, name = String(segments[1]);
    const constants = lists.get(name);
    if (constants === undefined) {
      const near = suggest(name, [...lists.keys()]);
      const hint = near !== undefined
        ? `did you mean \`lists.${near}\`?`
        : "lists are given under [lists], as name = [...]";
      errors.push({ message: `there is no list \`lists.${name}\`; ${hint}`, offset, length });
    }
    const items = (constants ?? []).map((value): Literal => ({
      ...{ kind: "literal", value, offset, length },
    }));
    return { kind: "list", items, name: `${ROOT}.${name}`, offset, length };
  };
  return { ast: filled(ast), errors };
}

function isName(node: Node): node is Path {
  return node.kind === "path" && node.segments[0] === ROOT && node.segments.length === 2;
}

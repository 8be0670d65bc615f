/**
 * A tree back into text: one canonical form, on one line, that parses to the same tree.
 *
 * @module
 */

import type { Literal, Node, Path } from "./ast.ts";

const NAME = /^[\p{Alphabetic}_][\p{Alphabetic}\p{N}_]*$/u;
/** Characters that single quotes cannot hold, or should not for the reader: controls and the quote. */
const NEEDS_ESCAPES = /[^ -\u{10ffff}]|'/u;

/** Tightness with which a node holds its parts together; a looser one inside needs brackets. */
const TIGHTNESS = { or: 0, and: 1, not: 2, compare: 3, value: 4 } as const;

/**
 * Prints a condition in canonical form, so that two ways of writing one thing look the same.
 *
 * @returns One line that parses to the same tree.
 */
export function print(node: Node): string {
  switch (node.kind) {
    case "or":
    case "and":
      // A junction right inside one of its own kind was in brackets, and stays so.
      return node.operands.map((part) => inside(part, TIGHTNESS[node.kind] + 1))
        .join(` ${node.kind} `);
    case "not":
      return `not ${inside(node.operand, TIGHTNESS.not)}`;
    case "compare":
      return `${inside(node.left, TIGHTNESS.value)} ${node.operator} ${
        inside(node.right, TIGHTNESS.value)
      }`;
    case "exists":
      return `exists(${print(node.path)})`;
    case "len":
      return `len(${inside(node.operand, TIGHTNESS.value)})`;
    case "call":
      return `${node.name}(${print(node.path)})${node.member === "" ? "" : `.${node.member}`}`;
    case "path":
      return printPath(node);
    case "literal":
      return printLiteral(node);
    case "list":
      return node.name ?? `[${node.items.map(printLiteral).join(", ")}]`;
  }
}

/** The text of a part; in brackets when it is looser than its place asks for. */
function inside(node: Node, tightness: number): string {
  return tightnessOf(node) < tightness ? `(${print(node)})` : print(node);
}

function tightnessOf({ kind }: Node): number {
  return kind in TIGHTNESS ? TIGHTNESS[kind as keyof typeof TIGHTNESS] : TIGHTNESS.value;
}

function printPath(path: Path): string {
  const [root, ...rest] = path.segments;
  return root + rest.map((segment) => {
    if (typeof segment === "number") return `[${segment}]`;
    return NAME.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
  }).join("");
}

function printLiteral({ value }: Literal): string {
  if (typeof value !== "string" || NEEDS_ESCAPES.test(value)) return JSON.stringify(value);
  return `'${value}'`;
}

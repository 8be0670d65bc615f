/**
 * Servers in JSON, with comments or without.
 *
 * @module
 */

import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { type Entry, type Member, Unreadable } from "./entry.ts";

/** What a client takes besides JSON. */
export interface JsonDialect {
  readonly comments: boolean;
  readonly trailingCommas: boolean;
}

/**
 * Finds the servers in the tables that `keys` lead to.
 *
 * @throws {Unreadable} for what the client itself would not read, and for a key that stands twice.
 */
export function jsonEntries(
  text: string,
  dialect: JsonDialect,
  keys: (root: unknown) => readonly (readonly string[])[],
): Entry[] {
  const errors: ParseError[] = [], start = text.startsWith("\ufeff") ? 1 : 0;
  // A byte order mark is none of it, and keeps its place: one blank has as many characters.
  const root = parseTree(start === 1 ? ` ${text.slice(1)}` : text, errors, {
    disallowComments: !dialect.comments,
    allowTrailingComma: dialect.trailingCommas,
    allowEmptyContent: false,
  });
  const [error] = errors;
  if (error !== undefined) {
    throw new Unreadable(wordsOf(printParseErrorCode(error.error)), text, error.offset);
  }
  if (root?.type !== "object") {
    throw new Unreadable("it is no JSON object", text, root?.offset ?? 0);
  }
  refuseTwins(root, text);
  return keys(valueOf(root)).flatMap((path) => {
    const table = findNodeAtLocation(root, [...path]);
    if (table === undefined) return [];
    if (table.type !== "object") throw new Unreadable("it is no object", text, table.offset);
    return table.children!.map((property) => entryOf(text, path, property));
  });
}

function entryOf(text: string, path: readonly string[], property: Node): Entry {
  const [name, value] = property.children as [Node, Node];
  const isObject = value.type === "object";
  const members = new Map((isObject ? value.children! : []).map(({ children }) => {
    const [key, member] = children as [Node, Node];
    return [key.value as string, memberOf(member)];
  }));
  return {
    path: [...path, name.value],
    ...spanOf(value),
    members,
    obstacle: isObject ? null : "it is no object",
    insert: (key, inserted) => {
      const at = value.children![0]!.offset;
      const gap = /[{,](\s*)$/.exec(text.slice(0, at))?.[1] ?? "";
      return {
        from: at,
        to: at,
        text: `${JSON.stringify(key)}: ${JSON.stringify(inserted)},${gap || " "}`,
      };
    },
  };
}

function memberOf(node: Node): Member {
  const items = node.type === "array" ? node.children!.map(spanOf) : [];
  return { ...spanOf(node), value: valueOf(node), items };
}

const spanOf = ({ offset, length }: Node) => ({ from: offset, to: offset + length });

/** The value of a node; an object of any names. */
export function valueOf(node: Node): unknown {
  switch (node.type) {
    case "array":
      return node.children!.map(valueOf);
    case "object":
      return Object.fromEntries(
        node.children!.map(({ children }) => [children![0]!.value, valueOf(children![1]!)]),
      );
    default:
      return node.value;
  }
}

/** Readers differ in which of two members counts. */
function refuseTwins(root: Node, text: string): void {
  for (const stack = [root]; stack.length > 0;) {
    const node = stack.pop()!, seen = new Set<string>();
    for (const child of node.children ?? []) {
      if (node.type === "object") {
        const [key, value] = child.children as [Node, Node | undefined];
        if (seen.has(key.value)) {
          throw new Unreadable(`"${key.value}" stands here twice`, text, key.offset);
        }
        seen.add(key.value);
        if (value !== undefined) stack.push(value);
      } else stack.push(child);
    }
  }
}

/** `CommaExpected` as words. */
function wordsOf(code: string): string {
  const words = code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words === "invalid comment token"
    ? "a comment, which this client does not take"
    : `it is not what this client reads (${words})`;
}

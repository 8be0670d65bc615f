/**
 * Servers in YAML: a map of them, or a list whose items have a `name`.
 *
 * @module
 */

import { isMap, isNode, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import { type Entry, eolOf, type Member, type Span, Unreadable } from "./entry.ts";

/**
 * Finds the servers below `key`.
 *
 * @throws {Unreadable} for what is no YAML, and for a key that stands twice.
 */
export function yamlEntries(text: string, key: readonly string[]): Entry[] {
  const document = parseDocument(text, { keepSourceTokens: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new Unreadable(`it is no YAML (${error.message.split("\n")[0]})`, text, error.pos[0]);
  }
  const table = document.getIn(key, true);
  const all: [string, unknown][] = isMap(table)
    ? table.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), value])
    : isSeq(table)
    ? table.items.map((item) => [String(isMap(item) ? item.get("name") : "?"), item])
    : [];
  return all.map(([name, node]) => entryOf(text, [...key, name], node));
}

function entryOf(text: string, path: readonly string[], node: unknown): Entry {
  const members = new Map<string, Member>();
  const span = isNode(node) ? spanOf(node) : { from: 0, to: 0 };
  const isPlain = isMap(node) && node.anchor === undefined;
  for (const { key, value } of isMap(node) ? (node as YAMLMap).items : []) {
    if (!isScalar(key) || !isNode(value)) continue;
    const items = isSeq(value) ? value.items.filter(isNode).map(spanOf) : [];
    members.set(String(key.value), { ...spanOf(value), value: value.toJSON(), items });
  }
  return {
    ...{ path, ...span, members, obstacle: isPlain ? null : "it is no map of its own" },
    insert: (key, value) => {
      const at = span.from, indent = /[^\n]*$/.exec(text.slice(0, at))![0].replace(/[^\s]/g, " ");
      const isFlow = text[at] === "{";
      const added = `${key}: ${JSON.stringify(value)}`;
      return isFlow
        ? { from: at + 1, to: at + 1, text: `${added}, ` }
        : { from: at, to: at, text: added + eolOf(text) + indent };
    },
  };
}

function spanOf({ range }: Node): Span {
  return { from: range![0], to: range![1] };
}

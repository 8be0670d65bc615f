/**
 * Servers in TOML, each a table of its own.
 *
 * @module
 */

import { type AST, getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import { type Entry, eolOf, type Member, Unreadable } from "./entry.ts";

/**
 * Finds the servers in the table that `key` leads to.
 *
 * @throws {Unreadable} for what is no TOML.
 */
export function tomlEntries(text: string, key: readonly string[]): Entry[] {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text);
  } catch (fault) {
    const { message, index } = fault as { message: string; index?: number };
    throw new Unreadable(`it is no TOML (${message})`, text, index);
  }
  const entries: Entry[] = [], tables = program.body[0].body;
  for (const node of tables) {
    if (node.type !== "TOMLTable" || node.kind !== "standard") continue;
    const path = node.resolvedKey.map(String);
    if (path.length === key.length + 1 && isBelow(path, key)) {
      entries.push(entryOf(text, node, path));
    }
  }
  const known = new Set(entries.map(({ path }) => path.at(-1)));
  const all = key.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[name],
    getStaticTOMLValue(program),
  );
  for (const name of Object.keys(all ?? {})) {
    if (known.has(name)) continue;
    const at = tables.find((node) => text.slice(...node.range).includes(name))?.range[0] ?? 0;
    const obstacle = "it is no table of its own: write it as " +
      `[${
        [...key, name].map((part) => /^[\w-]+$/.test(part) ? part : JSON.stringify(part)).join(".")
      }]`;
    entries.push({
      ...{ path: [...key, name], from: at, to: at, members: new Map(), obstacle },
      insert: () => ({ from: at, to: at, text: "" }),
    });
  }
  return entries;
}

function isBelow(path: readonly string[], key: readonly string[]): boolean {
  return key.every((part, i) => path[i] === part);
}

function entryOf(text: string, node: AST.TOMLTable, path: readonly string[]): Entry {
  const members = new Map<string, Member>();
  let obstacle: string | null = null;
  for (const { key: { keys: [name, ...more] }, value } of node.body) {
    if (more.length > 0) continue;
    const items = value.type === "TOMLArray"
      ? value.elements.map(({ range }) => spanOf(range))
      : [];
    const key = name!.type === "TOMLBare" ? name!.name : name!.value;
    members.set(key, { ...spanOf(value.range), value: getStaticTOMLValue(value), items });
  }
  if (node.body.length === 0) obstacle = "it says nothing of how it is started";
  const at = node.body[0]?.range[0] ?? node.range[1];
  return {
    ...{ path, ...spanOf(node.range), members, obstacle },
    insert: (key, value) => ({
      from: at,
      to: at,
      text: `${key} = ${JSON.stringify(value)}${eolOf(text)}`,
    }),
  };
}

const spanOf = ([from, to]: readonly [number, number]) => ({ from, to });

/**
 * Positions of the keys and values of a TOML document. Imported only to report a problem.
 *
 * @module
 */

import { type AST, parseTOML } from "toml-eslint-parser";
import type { Position } from "../errors.ts";
import type { TomlPart, TomlPath } from "./path.ts";

type Places = Record<TomlPart, Position>;

/**
 * Reads the positions of a document that is known to be TOML.
 *
 * @returns A function that looks up a path. For one that is not in the document it gives the nearest
 * table or value above, so that a missing key can be reported where it is missing.
 */
export function locateIn(text: string): (path: TomlPath, part: TomlPart) => Position {
  const places = new Map<string, Places>();
  for (const node of parseTOML(text, { tomlVersion: "next" }).body[0].body) visit(places, [], node);
  return (path, part) => {
    for (let length = path.length; length > 0; length--) {
      const found = places.get(JSON.stringify(path.slice(0, length)));
      if (found) return found[part];
    }
    return { line: 1, column: 1 };
  };
}

function visit(
  places: Map<string, Places>,
  base: TomlPath,
  node: AST.TOMLTable | AST.TOMLKeyValue,
): void {
  if (node.type === "TOMLTable") {
    visitKeys(places, node.resolvedKey, node.key);
    for (const child of node.body) visit(places, node.resolvedKey, child);
  } else {
    const path = [...base, ...node.key.keys.map(keyName)];
    visitKeys(places, path, node.key, node.value);
    visitValue(places, path, node.value);
  }
}

/** Notes each step of a dotted key; the value of a table's header is the header. */
function visitKeys(
  places: Map<string, Places>,
  path: TomlPath,
  key: AST.TOMLKey,
  value?: AST.TOMLNode,
): void {
  let depth = path.length;
  for (const step of key.keys.toReversed()) {
    // An index of an array of tables has no word of its own: it stands where its array's name does.
    while (typeof path[depth - 1] === "number") note(places, path.slice(0, depth--), step);
    note(places, path.slice(0, depth--), step, value);
  }
}

function visitValue(places: Map<string, Places>, path: TomlPath, node: AST.TOMLContentNode): void {
  if (node.type === "TOMLInlineTable") {
    for (const child of node.body) visit(places, path, child);
  } else if (node.type === "TOMLArray") {
    node.elements.forEach((element, index) => {
      note(places, [...path, index], element);
      visitValue(places, [...path, index], element);
    });
  }
}

function note(
  places: Map<string, Places>,
  path: TomlPath,
  key: AST.TOMLNode,
  value: AST.TOMLNode = key,
): void {
  const id = JSON.stringify(path);
  if (!places.has(id)) places.set(id, { key: startOf(key), value: startOf(value) });
}

/**
 * Places a character of a string in its document: escapes and line ends of the source are counted as
 * what they stand for.
 *
 * @param start Position of the string's opening quote.
 * @param offset UTF-16 code units of the string's value before the character.
 */
export function positionInString(text: string, start: Position, offset: number): Position {
  const lines = text.split("\n");
  const source = [lines[start.line - 1]!.slice(start.column - 1), ...lines.slice(start.line)]
    .join("\n");
  const quote = source[0]!, multiline = source.startsWith(quote.repeat(3));
  let at = multiline ? 3 : 1;
  if (multiline && source[at] === "\r") at++;
  if (multiline && source[at] === "\n") at++;
  for (let decoded = 0; decoded < offset && at < source.length; decoded++) {
    at += quote === '"' && source[at] === "\\" ? escapeLength(source.slice(at, at + 10)) : 1;
  }
  const before = source.slice(0, at).split("\n");
  return before.length === 1
    ? { line: start.line, column: start.column + at }
    : { line: start.line + before.length - 1, column: before.at(-1)!.length + 1 };
}

/** Characters of the escape that `source` begins with; after a line's end it takes in the blanks. */
function escapeLength(source: string): number {
  const blank = /^\\\s*\n\s*/.exec(source);
  if (blank) return blank[0].length + 1;
  return { u: 6, U: 10, x: 4 }[source[1]!] ?? 2;
}

const keyName = (key: AST.TOMLBare | AST.TOMLQuoted): string =>
  key.type === "TOMLBare" ? key.name : key.value;

/** The parser counts columns from 0. */
const startOf = ({ loc: { start } }: AST.TOMLNode): Position => ({
  line: start.line,
  column: start.column + 1,
});

/**
 * Reads `[lists]`, the constants of a policy file.
 *
 * @module
 */

import type { Lists } from "../expr/lists.ts";
import type { TableReader } from "../toml/table.ts";
import { LISTS } from "./file_words.ts";

/** Reads the lists; what is wrong is noted in the table. */
export function readLists(table: TableReader, names: readonly string[]): Lists {
  const lists = new Map<string, readonly (string | number)[]>();
  for (const name of names) {
    const value = table.json(name);
    const problem = !LISTS.name.test(name)
      ? "the name of a list consists of the letters a to z and _"
      : lists.size >= LISTS.count
      ? `a policy file has at most ${LISTS.count} lists`
      : problemOf(name, value);
    if (problem === undefined) lists.set(name, value as readonly (string | number)[]);
    else table.problem([name], "key", problem);
  }
  return lists;
}

function problemOf(name: string, value: unknown): string | undefined {
  const isItem = (item: unknown) => typeof item === "string" || typeof item === "number";
  if (!Array.isArray(value) || !value.every(isItem)) {
    return `${name} must be a list of strings or numbers`;
  }
  if (value.length === 0) return `${name} is empty: nothing would be in it`;
  if (value.length > LISTS.items) return `a list has at most ${LISTS.items} items`;
  return undefined;
}

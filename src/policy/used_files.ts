/**
 * Files that policy files name: packs in `extends`, rules for secrets in `[redaction] rules`.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { tableIn } from "../toml/toml.ts";

/** The path of a file that a policy file names: relative to that file. */
export function usedFilePath(policyFile: string, name: string): string {
  return resolve(dirname(policyFile), name);
}

/**
 * Gives policy files, and behind them the files that they name now, and so on. What cannot be read
 * names none.
 */
export function withUsedFiles(policyFiles: readonly string[]): readonly string[] {
  const all = new Set(policyFiles), rules = new Set<string>();
  // A set that grows is walked to its end.
  for (const file of all) {
    const named = namedIn(file);
    for (const name of named.packs) all.add(usedFilePath(file, name));
    for (const name of named.rules) rules.add(usedFilePath(file, name));
  }
  return [...new Set([...all, ...rules])];
}

interface Named {
  readonly packs: readonly string[];
  readonly rules: readonly string[];
}

function namedIn(file: string): Named {
  try {
    const text = Deno.readTextFileSync(file);
    if (!/redaction|extends/.test(text)) return { packs: [], rules: [] };
    const table = tableIn(text), packs = [table?.extends].flat();
    const rules = (table?.redaction as { readonly rules?: unknown } | undefined)?.rules;
    return { packs: packs.filter(isLocal), rules: [rules].flat().filter(isText) };
  } catch {
    return { packs: [], rules: [] };
  }
}

const isText = (name: unknown): name is string => typeof name === "string";

const isLocal = (name: unknown): name is string => isText(name) && !name.startsWith("builtin:");

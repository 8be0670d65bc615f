/**
 * Where the rules of a policy stand.
 *
 * @module
 */

import { parseToml } from "../toml/toml.ts";

/** A place in a policy file. */
export interface RulePlace {
  readonly file: string;
  /** Of the rule's `[[rules]]`; the first line is 1. */
  readonly line: number;
}

/** Finds every rule of some files, which are known to load, by its id. */
export async function rulePlaces(
  files: readonly string[],
): Promise<Readonly<Record<string, RulePlace>>> {
  const { locateIn } = await import("../toml/positions.ts");
  const found: [string, RulePlace][] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(file), locate = locateIn(text);
    const { rules } = await parseToml(file, text);
    if (!Array.isArray(rules)) continue;
    rules.forEach((rule, index) => {
      found.push([String(rule?.id), { file, line: locate(["rules", index], "key").line }]);
    });
  }
  return Object.fromEntries(found);
}

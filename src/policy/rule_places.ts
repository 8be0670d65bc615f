/**
 * Where the rules of a policy stand.
 *
 * @module
 */

import { parseToml } from "../toml/toml.ts";
import type { LoadedSource, Policy } from "./rules.ts";

/** A place in a policy file. */
export interface RulePlace {
  /** `builtin:NAME` for a shipped pack. */
  readonly file: string;
  /** Of the rule's `[[rules]]`; the first line is 1. */
  readonly line: number;
  /** Whether it is a file that another one extends. */
  readonly is_pack: boolean;
}

/** Finds every rule of a policy and its packs, by its id. */
export async function rulePlaces(
  { sources }: Pick<Policy, "sources">,
): Promise<Readonly<Record<string, RulePlace>>> {
  return Object.fromEntries((await Promise.all(sources.map(placesIn))).flat());
}

async function placesIn(
  { file, prefix, text }: LoadedSource,
): Promise<readonly [string, RulePlace][]> {
  const { locateIn } = await import("../toml/positions.ts");
  const { rules } = await parseToml(file, text), locate = locateIn(text);
  if (!Array.isArray(rules)) return [];
  return rules.map((rule, index) => {
    const { line } = locate(["rules", index], "key");
    return [`${prefix}${rule?.id}`, { file, line, is_pack: prefix !== "" }];
  });
}

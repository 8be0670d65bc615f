/**
 * `agentgate policy test --mutate`: which changes of a policy its tests would miss.
 *
 * @module
 */

import type { Patterns } from "../../patterns/pattern.ts";
import type { Policy } from "../../policy/rules.ts";
import { isNoticed, mutantsOf } from "../../simulate/mutants.ts";
import { locateIn } from "../../toml/positions.ts";
import { parseToml } from "../../toml/toml.ts";

/** Place of a rule. */
interface Place {
  readonly file: string;
  readonly line: number;
}

/** A change that no test notices. */
export interface Unnoticed extends Place {
  /** The rule's id. */
  readonly rule: string;
  /** As in `without its condition`. */
  readonly change: string;
}

/** What came of the mutants of one policy. */
export interface Mutation {
  readonly tried: number;
  readonly unnoticed: readonly Unnoticed[];
}

/** Changes each rule that stands in the policy's own files, and sees whether a test fails. */
export async function mutationOf(policy: Policy, patterns: Patterns): Promise<Mutation> {
  const places = await placesOf(policy), now = Date.now();
  const mutants = [...mutantsOf(policy, patterns, (id) => places.has(id))];
  const unnoticed = mutants.filter((mutant) => !isNoticed(mutant, patterns, now))
    .map(({ rule, change }) => ({ rule, change, ...places.get(rule)! }));
  return { tried: mutants.length, unnoticed };
}

async function placesOf({ files, sources }: Policy): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  for (const { file, text } of sources.filter(({ file }) => files.includes(file))) {
    const { rules = [] } = await parseToml(file, text), locate = locateIn(text);
    for (const [index, { id }] of (rules as readonly { id: string }[]).entries()) {
      places.set(id, { file, line: locate(["rules", index], "key").line });
    }
  }
  return places;
}

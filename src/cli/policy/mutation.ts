/**
 * `agentgate policy test --mutate`: which changes of a policy its tests would miss.
 *
 * @module
 */

import type { Patterns } from "../../patterns/pattern.ts";
import { type RulePlace, rulePlaces } from "../../policy/rule_places.ts";
import type { Policy } from "../../policy/rules.ts";
import { isNoticed, mutantsOf } from "../../simulate/mutants.ts";

/** A change that no test notices. */
export interface Unnoticed extends Pick<RulePlace, "file" | "line"> {
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
  const places = await rulePlaces(policy), now = Date.now();
  const isOwn = (id: string) => places[id]?.is_pack === false;
  const mutants = [...mutantsOf(policy, patterns, isOwn)];
  const unnoticed = mutants.filter((mutant) => !isNoticed(mutant, patterns, now))
    .map(({ rule, change }) => {
      const { file, line } = places[rule]!;
      return { rule, change, file, line };
    });
  return { tried: mutants.length, unnoticed };
}

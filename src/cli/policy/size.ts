/**
 * What a policy consists of, in few words.
 *
 * @module
 */

import type { Policy } from "../../policy/rules.ts";
import { visible } from "../../visible.ts";

/** Says how many rules for secrets there are in files of `[redaction] rules`: behind other counts. */
export function inRuleFiles({ ruleFiles }: Pick<Policy, "ruleFiles">): string {
  return ruleFiles.map(({ file, rules }) =>
    `, ${counted(rules, "rule for secrets", "rules for secrets")} in ${visible(file)}`
  ).join("");
}

/** Rules that stand in the policy files themselves. */
export function ownRules({ rules, ruleFiles }: Pick<Policy, "rules" | "ruleFiles">): number {
  return rules.length - ruleFiles.length;
}

/** A number and its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

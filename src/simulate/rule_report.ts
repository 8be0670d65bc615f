/**
 * Reports the part that one rule had in a simulated call.
 *
 * @module
 */

import type { Explanation } from "../expr/explain.ts";
import type { CallEnv } from "../policy/env.ts";
import { TOOLS_CALL } from "../policy/methods.ts";
import { redactsAnswers, redactsArguments } from "../policy/redact_rules.ts";
import type { RedactRule, Rule } from "../policy/rules.ts";
import { holds, type Step } from "../policy/walk.ts";

/** Part that one rule had in the call. Plain data. */
export interface RuleReport {
  readonly id: string;
  readonly action: Rule["action"];
  readonly mode: Rule["mode"];
  /** `not reached`: a rule before it has decided. */
  readonly matched: "other server" | "other method" | "other tool" | "not reached" | "no" | "yes";
  /** Effect of the rule: `decides`, `counts`, `masks the arguments`, `would deny` …; empty for nothing. */
  readonly effect: string;
  /** Reason; null for a rule without a condition, or one that does not speak of this call. */
  readonly condition: Explanation | null;
  /** What nobody knows of what it read, in words; absent where all is known. */
  readonly unknown?: readonly string[];
}

/**
 * Reports what came of a rule.
 *
 * @param step The walk's view of the rule; it ends where a rule decides, and redacting is not in it.
 * @param env The call as it is.
 * @param shown The call as it may be shown.
 * @param refused Whether the call was refused.
 */
export function reportOf(
  rule: Rule,
  step: Step | undefined,
  env: CallEnv,
  shown: CallEnv,
  refused: boolean,
): RuleReport {
  const { id, action, mode } = rule;
  const other = !rule.servers(env.server)
    ? "other server"
    : !rule.methods(env.method)
    ? "other method"
    : env.method === TOOLS_CALL && !rule.tools(env.tool)
    ? "other tool"
    : undefined;
  const about = (matched: RuleReport["matched"], effect = ""): RuleReport => {
    const isAsked = matched === "yes" || matched === "no";
    const condition = isAsked ? explained(rule, env, shown) : null;
    return { id, action, mode, matched, effect, condition };
  };
  if (other !== undefined) return about(other);
  if (rule.action === "redact") {
    const matched = holds(rule, env);
    return about(matched ? "yes" : "no", redactEffect(rule, matched, refused));
  }
  return step === undefined ? about("not reached") : about(step.matched, step.effect);
}

/** Effect of a redact rule on a call that passes, or that is refused and so only stored. */
function redactEffect(rule: RedactRule, matched: boolean, refused: boolean): string {
  if (refused) return "masks what is stored";
  const parts = [
    ...(redactsArguments(rule) && matched ? ["the arguments"] : []),
    ...(redactsAnswers(rule) ? ["what comes back"] : []),
  ];
  if (parts.length === 0) return "";
  return `${rule.mode === "shadow" ? "would mask" : "masks"} ${parts.join(" and ")}`;
}

/** The answers for the call as it is, the values as they may be shown. */
function explained(rule: Rule, env: CallEnv, shown: CallEnv): Explanation | null {
  if (rule.condition === null) return null;
  return merged(rule.condition.explain(env), rule.condition.explain(shown));
}

function merged(answers: Explanation, values: Explanation): Explanation {
  const { text, result } = answers;
  const seen = answers.values?.map(({ text, value }, index) => ({
    text,
    // Behind a key that was redacted there is nothing to be found any more.
    value: value === undefined ? undefined : values.values?.[index]?.value ?? "[REDACTED]",
  }));
  const children = answers.children?.map((child, index) => merged(child, values.children![index]!));
  return {
    text,
    result,
    ...(seen === undefined ? {} : { values: seen }),
    ...(children === undefined ? {} : { children }),
  };
}

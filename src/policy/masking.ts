/**
 * Which redact rules mask what. The line and the trial of a policy ask the same here.
 *
 * @module
 */

import type { CallEnv } from "./env.ts";
import type { RedactRule } from "./policy.ts";
import { holds } from "./walk.ts";

/** Whether a rule masks arguments of the calls on which its condition holds. */
export function masksArguments({ on }: RedactRule): boolean {
  return on !== "result";
}

/** Whether a rule masks what comes back; its condition, which speaks of the call, is not asked. */
export function masksAnswers({ on }: RedactRule): boolean {
  return on !== "arguments";
}

/** The rules of a mode that mask the arguments of this call. */
export function argumentRules(
  rules: readonly RedactRule[],
  env: CallEnv,
  mode: RedactRule["mode"],
): readonly RedactRule[] {
  return rules.filter((rule) => rule.mode === mode && masksArguments(rule) && holds(rule, env));
}

/** The rules of a mode that mask what comes back. */
export function answerRules(
  rules: readonly RedactRule[],
  mode: RedactRule["mode"],
): readonly RedactRule[] {
  return rules.filter((rule) => rule.mode === mode && masksAnswers(rule));
}

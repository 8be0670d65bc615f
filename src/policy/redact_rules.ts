/**
 * Choice of the redact rules that apply: the line and the simulation of a policy ask the same here.
 *
 * @module
 */

import type { CallEnv } from "./env.ts";
import type { RedactRule } from "./rules.ts";
import { holds } from "./walk.ts";

/** Whether a rule redacts arguments of the calls on which its condition holds. */
export function redactsArguments({ on, readsResult }: RedactRule): boolean {
  return on !== "result" && !readsResult;
}

/** Whether a rule redacts what comes back. */
export function redactsAnswers({ on }: RedactRule): boolean {
  return on !== "arguments";
}

/** Chooses the rules of a mode that redact the arguments of this call. */
export function argumentRules(
  rules: readonly RedactRule[],
  env: CallEnv,
  mode: RedactRule["mode"],
): readonly RedactRule[] {
  return rules.filter((rule) => rule.mode === mode && redactsArguments(rule) && holds(rule, env));
}

/**
 * Chooses the rules of a mode that redact what comes back. Only a condition that asks for the result
 * has a say.
 *
 * @param env The call with its result; null when there is none to ask about, and every rule is for it.
 */
export function answerRules(
  rules: readonly RedactRule[],
  env: CallEnv | null,
  mode: RedactRule["mode"],
): readonly RedactRule[] {
  return rules.filter((rule) =>
    rule.mode === mode && redactsAnswers(rule) &&
    (!rule.readsResult || env === null || holds(rule, env))
  );
}

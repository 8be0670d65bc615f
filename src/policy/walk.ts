/**
 * The one evaluator: walks the rules of a policy for a call. The live decision, the policy test and
 * the explanation all come from here.
 *
 * @module
 */

import type { Explanation } from "../expr/explain.ts";
import type { CallEnv } from "./env.ts";
import type { Screens } from "./screens.ts";
import type { DecidingRule, LimitRule, Policy, RedactRule, Rule } from "./rules.ts";

/** Decision on a call. */
export interface Decision {
  readonly action: "allow" | "deny" | "rate_limit";
  /** The rule that decided; null for the policy's default. */
  readonly rule: DecidingRule | LimitRule | RedactRule | null;
  /** Milliseconds until the limit that refused has room. */
  readonly waitMs: number;
  /** Effects that shadow rules would have had: `would_deny:<id>` and the like. */
  readonly shadow: readonly string[];
}

/** The buckets of rate-limit rules. */
export interface LimitCounter {
  /** Counts a call; or answers how many milliseconds to wait, and does not count it. */
  take(rule: LimitRule): number | undefined;
  /** Forgets the calls that were counted since the walk began. */
  giveBack(): void;
}

/** The walk's view of one rule, for an explanation. */
export interface Step {
  readonly rule: Rule;
  /** Reason why it was not looked at further, or whether its condition held. */
  readonly matched: "other server" | "other tool" | "no" | "yes";
  readonly condition: Explanation | null;
  /** Effect of the rule: `decides`, `counts`, `would deny` …; empty for nothing. */
  readonly effect: string;
}

/** Called with every rule that the walk comes to, in order. */
export type StepListener = (step: Step) => void;

/** Whether a rule's condition holds. Partly counts for all but `allow` (fail closed). */
export function holds(rule: Rule, env: CallEnv): boolean {
  if (rule.condition === null) return true;
  return rule.condition.evaluate(env) >= (rule.action === "allow" ? 2 : 1);
}

/** How rules are walked. */
export interface WalkOptions {
  /** What passes over several rules at once, where nobody listens to each. */
  readonly screens?: Screens | undefined;
  readonly onStep?: StepListener | undefined;
}

/**
 * Walks `rules`, which name the call's tool and server, in file order: the first `allow` or `deny`
 * that holds decides, each `rate_limit` met before counts or refuses, and the default comes last.
 */
export function walk(
  rules: readonly Rule[],
  policy: Pick<Policy, "defaultAction">,
  env: CallEnv,
  limits: LimitCounter,
  { screens, onStep }: WalkOptions = {},
): Decision {
  const shadow: string[] = [];
  const told = (rule: Rule, matched: Step["matched"], effect: string) =>
    onStep?.({ rule, matched, condition: rule.condition?.explain(env) ?? null, effect });
  const decide = (action: Decision["action"], rule: Decision["rule"], waitMs = 0): Decision => {
    if (action !== "allow") limits.giveBack();
    // Only what would have made a difference: an allow to a refusal, a refusal to a call that passed.
    const differs = shadow.filter((hit) => hit.startsWith("would_allow") === (action !== "allow"));
    return { action, rule, waitMs, shadow: differs };
  };
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!, screen = onStep === undefined ? screens?.[i] : undefined;
    if (screen?.isClear(env)) {
      i = screen.last;
      continue;
    }
    if (rule.action === "redact") continue;
    if (!holds(rule, env)) {
      told(rule, "no", "");
      continue;
    }
    const waitMs = rule.action === "rate_limit" ? limits.take(rule) : undefined;
    const refused = rule.action === "deny" || waitMs !== undefined;
    if (rule.mode === "shadow") {
      const would = rule.action === "rate_limit" && !refused ? null : `would_${rule.action}`;
      if (would !== null) shadow.push(`${would}:${rule.id}`);
      told(rule, "yes", would === null ? "would count" : would.replace("_", " "));
    } else if (rule.action === "rate_limit" && !refused) {
      told(rule, "yes", "counts");
    } else {
      told(rule, "yes", rule.action === "rate_limit" ? "refuses: the limit is reached" : "decides");
      return decide(rule.action, rule, waitMs ?? 0);
    }
  }
  return decide(policy.defaultAction, null);
}

/** Whether the policy refuses every call of a tool, whatever its arguments, the agent and the time. */
export function deniesAlways(
  rules: readonly Rule[],
  policy: Pick<Policy, "defaultAction">,
): boolean {
  for (const rule of rules) {
    if (rule.mode === "shadow") continue;
    if (rule.action === "allow") return false;
    if (rule.action === "deny" && rule.condition === null) return true;
  }
  return policy.defaultAction === "deny";
}

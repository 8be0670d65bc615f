/**
 * Mutants: policies with one rule changed. A test that fails for one has noticed the change; a mutant
 * that no test notices shows what nobody checks.
 *
 * @module
 */

import { changesOf } from "../expr/changes.ts";
import type { Patterns } from "../patterns/pattern.ts";
import { RANGES } from "../policy/file_words.ts";
import type { DecidingRule, LimitRule, Policy, RedactRule, Rule } from "../policy/rules.ts";
import { Redaction } from "../redaction/redaction.ts";
import { reportsOf } from "./tests.ts";

/** A policy with one rule changed. */
export interface Mutant {
  /** The rule's id. */
  readonly rule: string;
  /** What is changed, as in `without its condition`. */
  readonly change: string;
  readonly policy: Policy;
}

/** A rule in another form; without one, it is left out. */
type Changed = readonly [change: string, rule?: Rule];

/** No tool is called so: a rule that speaks of it speaks of all. */
const NO_TOOL = "\0";

/**
 * Changes the rules of a policy, each in every way that a test can notice.
 *
 * @param isMeant Which rules, by their ids.
 * @param patterns Those that the policy was loaded with.
 */
export function* mutantsOf(
  policy: Policy,
  patterns: Patterns,
  isMeant: (id: string) => boolean = () => true,
): Generator<Mutant> {
  for (const [index, rule] of policy.rules.entries()) {
    if (!isMeant(rule.id)) continue;
    for (const [change, changed] of changedForms(rule, patterns)) {
      const rules = policy.rules.toSpliced(index, 1, ...changed === undefined ? [] : [changed]);
      yield { rule: rule.id, change, policy: { ...policy, rules } };
    }
  }
}

/**
 * Whether a test of the policy's own fails for a mutant; those of its packs know nothing of it.
 *
 * @param now Milliseconds since the epoch, for tests that do not say when.
 */
export function isNoticed({ rule, policy }: Mutant, patterns: Patterns, now: number): boolean {
  // Those that name the rule, and short ones, are the first to notice.
  const tests = policy.tests.toSorted((a, b) =>
    Number(b.rule === rule) - Number(a.rule === rule) || a.calls - b.calls
  );
  return reportsOf({ ...policy, tests }, patterns, now).some(({ passed }) => !passed);
}

function* changedForms(rule: Rule, patterns: Patterns): Generator<Changed> {
  yield ["left out"];
  yield* conditionsOf(rule);
  yield rule.mode === "shadow"
    ? ["enforced", { ...rule, mode: "enforce" }]
    : ["in shadow", { ...rule, mode: "shadow" }];
  switch (rule.action) {
    case "rate_limit":
      return yield* limitsOf(rule);
    case "redact":
      return yield ["redacting everything", redactingAll(rule, patterns)];
    default:
      return yield* decisionsOf(rule);
  }
}

function* conditionsOf(rule: Rule): Generator<Changed> {
  const { condition } = rule;
  if (condition === null || asksOwnPattern(rule)) return;
  yield ["without its condition", { ...rule, condition: null }];
  for (const { ast, words } of changesOf(condition.ast)) {
    yield [words, { ...rule, condition: condition.changed(ast) }];
  }
}

/** Whether a redact rule's condition is its pattern once more: without it, the same is redacted. */
function asksOwnPattern(rule: Rule): boolean {
  const ast = rule.condition?.ast;
  if (rule.action !== "redact" || ast?.kind !== "compare" || ast.right.kind !== "literal") {
    return false;
  }
  return rule.redaction.sources.includes(String(ast.right.value));
}

function* decisionsOf(rule: DecidingRule): Generator<Changed> {
  yield rule.action === "deny"
    ? ["allowing", { ...rule, action: "allow" }]
    : ["denying", { ...rule, action: "deny" }];
  if (rule.condition === null && !rule.tools(NO_TOOL)) {
    yield ["for all tools", { ...rule, tools: () => true }];
  }
}

/** The window is no matter: a test makes all its calls at one instant. */
function* limitsOf(rule: LimitRule): Generator<Changed> {
  const { maxCalls } = rule;
  if (maxCalls >= RANGES.testCalls.max) return;
  yield [`with max_calls = ${maxCalls + 1}`, { ...rule, maxCalls: maxCalls + 1 }];
  yield [`with max_calls = ${maxCalls - 1}`, { ...rule, maxCalls: maxCalls - 1 }];
}

function redactingAll(rule: RedactRule, patterns: Patterns): RedactRule {
  const all = patterns.compile("(?s).+");
  if ("message" in all) throw new Error(all.message);
  return { ...rule, redaction: new Redaction(all, [], "X", patterns) };
}

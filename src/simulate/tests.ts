/**
 * Runs the `[[tests]]` of a policy.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { Patterns } from "../patterns/pattern.ts";
import type { Policy, PolicyTest } from "../policy/rules.ts";
import { Simulation, type SimulationOutcome } from "./simulation.ts";
import type { Decision } from "../policy/walk.ts";

/** Name in a test that wants no rule to decide; the same word as in `policy_hit`. */
const DEFAULT_RULE = "default";

/** Decision on a call, made or expected. */
export interface Verdict {
  readonly decision: Decision["action"];
  /** The rule that decided, `default` for none; null when a test does not say. */
  readonly rule: string | null;
}

/** Result of one test. Plain data. */
export interface TestReport {
  readonly name: string;
  readonly tool: string;
  readonly passed: boolean;
  readonly expected: Verdict;
  readonly actual: Verdict;
  /** Differences from what was expected, a sentence each; none when the test passed. */
  readonly failures: readonly string[];
  readonly durationMs: number;
}

/**
 * Runs the tests one by one, each with full buckets.
 *
 * @param patterns Those that the policy was loaded with.
 * @param now Milliseconds since the epoch, for tests that do not say when.
 * @returns A report for each test, in order; those of its packs follow.
 */
export function runTests(
  policy: Policy,
  patterns: Patterns,
  now: number = Date.now(),
): readonly TestReport[] {
  // What a pack promises it has to keep by itself: around it, other rules may win.
  const inPacks = policy.packs.flatMap((pack) => runTests(pack, patterns, now));
  return [...reportsOf(policy, patterns, now), ...inPacks];
}

/** Runs the policy's own tests, each when its report is asked for. */
export function* reportsOf(
  policy: Policy,
  patterns: Patterns,
  now: number,
): Generator<TestReport> {
  const simulation = new Simulation(policy, patterns);
  for (const test of policy.tests) {
    const startedAt = performance.now();
    const outcome = simulation.run({ ...test, time: test.time ?? now }, test.calls);
    const failures = failuresOf(test, outcome);
    yield {
      name: test.name,
      tool: test.tool,
      passed: failures.length === 0,
      expected: { decision: test.expect, rule: test.rule ?? null },
      actual: { decision: outcome.decision.action, rule: deciderOf(outcome) },
      failures,
      durationMs: performance.now() - startedAt,
    };
  }
}

function deciderOf({ decision }: SimulationOutcome): string {
  return decision.rule?.id ?? DEFAULT_RULE;
}

function failuresOf(test: PolicyTest, outcome: SimulationOutcome): string[] {
  const { action } = outcome.decision, decider = deciderOf(outcome);
  const by = decider === DEFAULT_RULE ? "by the default" : `by the rule ${decider}`;
  if (action !== test.expect || (test.rule ?? decider) !== decider) {
    const wanted = test.rule === undefined ? "" : ` by the rule ${test.rule}`;
    return [`expected ${test.expect}${wanted}, got ${action} ${by}`];
  }
  const failures: string[] = [];
  const shadow = outcome.decision.shadow.map((hit) => hit.slice(hit.indexOf(":") + 1));
  if (test.shadow !== undefined && !isDeepStrictEqual(test.shadow, shadow)) {
    failures.push(`expected in shadow: ${listed(test.shadow)}, got ${listed(shadow)}`);
  }
  const compare = (what: string, expected: unknown, actual: unknown) => {
    if (expected === undefined || isDeepStrictEqual(expected, actual)) return;
    const got = action !== "allow"
      ? `none: the call was refused ${by}`
      : JSON.stringify(actual) ?? "none";
    failures.push(`expected ${what} ${JSON.stringify(expected)}, got ${got}`);
  };
  compare("arguments", test.expectArguments, outcome.arguments);
  compare("result", test.expectResult, outcome.result);
  return failures;
}

function listed(ids: readonly string[]): string {
  return ids.length === 0 ? "none" : ids.join(", ");
}

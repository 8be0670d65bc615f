/**
 * Results of `agentgate policy test`, as lines for a person and as JSON for a program.
 *
 * @module
 */

import type { TestReport } from "../../simulate/tests.ts";
import { visible } from "../../visible.ts";

/** One policy and its tests. */
export interface Suite {
  /** The file, or the files joined by ` + `. */
  readonly name: string;
  readonly files: readonly string[];
  /** Reason why it did not load; null when it did. */
  readonly problem: string | null;
  readonly tests: readonly TestReport[];
}

/** Writes a line for each test, and one for each thing that is not as expected. */
export function suiteLines({ name, problem, tests }: Suite): string {
  if (problem !== null) return `${visible(name)}\n  FAILED to load\n`;
  const lines = tests.flatMap((test) => [
    `  ${test.passed ? "ok    " : "FAILED"}  ${visible(test.name)}`,
    ...test.failures.map((failure) => `          ${visible(failure)}`),
  ]);
  if (lines.length === 0) lines.push("  no [[tests]]");
  return `${[visible(name), ...lines].join("\n")}\n`;
}

/** Counts those that passed and failed. */
export function summaryLine(suites: readonly Suite[]): string {
  const { passed, failed, unloaded } = totals(suites);
  const missing = unloaded === 0 ? "" : `, ${unloaded} not loaded`;
  return `\n${passed} passed, ${failed} failed${missing}\n`;
}

/**
 * Writes the report as JSON:
 *
 * ```json
 * {
 *   "passed": 1,
 *   "failed": 0,
 *   "policies": [{
 *     "files": ["policy.toml"],
 *     "problem": null,
 *     "tests": [{
 *       "name": "recursive delete is refused",
 *       "tool": "bash",
 *       "passed": true,
 *       "expected": { "decision": "deny", "rule": "no-rm-rf" },
 *       "actual": { "decision": "deny", "rule": "no-rm-rf" },
 *       "failures": [],
 *       "duration_ms": 0.2
 *     }]
 *   }]
 * }
 * ```
 *
 * `rule` is `default` where no rule decided, and null where a test does not ask. `problem` says why a
 * policy did not load; it then has no tests. Fields may be added; none will change.
 */
export function jsonReport(suites: readonly Suite[]): string {
  const { passed, failed } = totals(suites);
  const policies = suites.map(({ files, problem, tests }) => ({
    files,
    problem,
    tests: tests.map(({ durationMs, ...test }) => ({ ...test, duration_ms: durationMs })),
  }));
  return `${JSON.stringify({ passed, failed, policies }, null, 2)}\n`;
}

function totals(suites: readonly Suite[]): { passed: number; failed: number; unloaded: number } {
  const tests = suites.flatMap((suite) => suite.tests);
  const passed = tests.filter((test) => test.passed).length;
  const unloaded = suites.filter(({ problem }) => problem !== null).length;
  return { passed, failed: tests.length - passed, unloaded };
}

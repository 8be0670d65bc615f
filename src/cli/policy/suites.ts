/**
 * Results of `agentgate policy test`, as lines for a person and as JSON for a program.
 *
 * @module
 */

import type { TestReport } from "../../simulate/tests.ts";
import { visible } from "../../visible.ts";
import type { Mutation } from "./mutation.ts";
import { counted } from "./size.ts";

/** One policy and its tests. */
export interface Suite {
  /** The file, or the files joined by ` + `. */
  readonly name: string;
  readonly files: readonly string[];
  /** Reason why it did not load; null when it did. */
  readonly problem: string | null;
  readonly tests: readonly TestReport[];
  /** Null where no mutants were tried. */
  readonly mutation: Mutation | null;
}

/** Characters of a change that a line shows: a part of a condition may be a long pattern. */
const CHANGE_CHARS = 100;

/** Writes a line for each test, and one for each thing that is not as expected. */
export function suiteLines({ name, problem, tests }: Suite): string {
  if (problem !== null) return `${visible(name)}\n  FAILED to load\n`;
  const lines = tests.flatMap((test) => [
    `  ${test.passed ? "ok    " : "FAILED"}  ${visible(test.name)}`,
    ...test.failures.map((failure) => `          ${visible(failure)}`),
  ]);
  if (lines.length === 0) lines.push("  no [[tests]]");
  else if (!tests.some(isHonest)) lines.push("  no test says what must still pass");
  return `${[visible(name), ...lines].join("\n")}\n`;
}

/** Counts those that passed and failed, and those that say what must still pass. */
export function summaryLines(suites: readonly Suite[]): string {
  const { passed, failed, unloaded, honest } = totals(suites);
  const missing = unloaded === 0 ? "" : `, ${unloaded} not loaded`;
  const all = passed + failed;
  const share = all === 0 ? "" : `honest work: ${honest} of ${all} tests expect a call to pass\n`;
  return `\n${passed} passed, ${failed} failed${missing}\n${share}`;
}

/** Writes how many mutants were noticed, and a line for each that was not. */
export function mutationLines({ name, problem, mutation }: Suite): string {
  if (problem !== null) return "";
  if (mutation === null) return `${visible(name)}: no mutants are tried, since tests fail\n`;
  const { tried, unnoticed } = mutation;
  const lines = unnoticed.map(({ rule, change, line }) =>
    `  line ${line}  ${visible(rule)}: ${visible(shortened(change))}\n`
  );
  return `${visible(name)}: ${tried - unnoticed.length} of ${counted(tried, "mutant")} noticed\n` +
    lines.join("");
}

function shortened(text: string): string {
  return text.length <= CHANGE_CHARS ? text : `${text.slice(0, CHANGE_CHARS - 1).toWellFormed()}…`;
}

/** Whether a test is one of honest work: a call that must pass. */
function isHonest({ expected }: TestReport): boolean {
  return expected.decision === "allow";
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
 *     "mutants": { "tried": 12, "unnoticed": [
 *       { "rule": "no-rm-rf", "change": "in shadow", "file": "policy.toml", "line": 7 }
 *     ] },
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
 * policy did not load; it then has no tests. `mutants` is null where none were tried.
 * Fields may be added; none will change.
 */
export function jsonReport(suites: readonly Suite[]): string {
  const { passed, failed } = totals(suites);
  const policies = suites.map(({ files, problem, tests, mutation }) => ({
    files,
    problem,
    mutants: mutation,
    tests: tests.map(({ durationMs, ...test }) => ({ ...test, duration_ms: durationMs })),
  }));
  return `${JSON.stringify({ passed, failed, policies }, null, 2)}\n`;
}

function totals(suites: readonly Suite[]) {
  const tests = suites.flatMap((suite) => suite.tests);
  const passed = tests.filter((test) => test.passed).length;
  const unloaded = suites.filter(({ problem }) => problem !== null).length;
  const honest = tests.filter(isHonest).length;
  return { passed, failed: tests.length - passed, unloaded, honest };
}

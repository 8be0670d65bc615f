/**
 * Loads policies and runs their tests, a suite for each.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { loadPolicy } from "../../policy/load.ts";
import { loadPatterns } from "../../patterns/pattern.ts";
import { runTests } from "../../simulate/tests.ts";
import { mutationOf } from "./mutation.ts";
import type { Suite } from "./suites.ts";

/**
 * Runs the tests of each group of files; the files of a group are one policy, read in order.
 *
 * @param mutates Whether to see what the tests would miss, where all pass.
 * @returns A suite for each group. One that does not load is a suite without tests, with the problem.
 */
export async function* runSuites(
  groups: readonly (readonly string[])[],
  mutates: boolean,
): AsyncGenerator<Suite> {
  for (const files of groups) {
    const name = files.join(" + ");
    using patterns = await loadPatterns();
    try {
      const policy = await loadPolicy(files, patterns), tests = runTests(policy, patterns);
      const isTried = mutates && tests.every(({ passed }) => passed);
      const mutation = isTried ? await mutationOf(policy, patterns) : null;
      yield { name, files, problem: null, tests, mutation };
    } catch (fault) {
      if (!(fault instanceof UsageError)) throw fault;
      yield { name, files, problem: fault.message, tests: [], mutation: null };
    }
  }
}

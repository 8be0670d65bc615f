/**
 * Loads policies and runs their tests, a suite for each.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { loadPolicy } from "../../policy/load.ts";
import { loadPatterns } from "../../patterns/pattern.ts";
import { runTests } from "../../simulate/tests.ts";
import type { Suite } from "./suites.ts";

/**
 * Runs the tests of each group of files; the files of a group are one policy, read in order.
 *
 * @returns A suite for each group. One that does not load is a suite without tests, with the problem.
 */
export async function* runSuites(groups: readonly (readonly string[])[]): AsyncGenerator<Suite> {
  for (const files of groups) {
    const name = files.join(" + ");
    using patterns = await loadPatterns();
    try {
      yield {
        name,
        files,
        problem: null,
        tests: runTests(await loadPolicy(files, patterns), patterns),
      };
    } catch (fault) {
      if (!(fault instanceof UsageError)) throw fault;
      yield { name, files, problem: fault.message, tests: [] };
    }
  }
}

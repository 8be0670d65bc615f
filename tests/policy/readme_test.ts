import assert from "node:assert/strict";
import { join } from "node:path";
import { parsePolicy } from "../../src/policy/load.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { runTests } from "../../src/simulate/tests.ts";
import { PROJECT } from "../e2e/gateway.ts";

for (const page of ["README.md", "policies/README.md"]) {
  Deno.test(`policies in ${page} load, and their tests pass`, async () => {
    const text = await Deno.readTextFile(join(PROJECT, page));
    const policies = [...text.matchAll(/^```toml\n(.*?)^```$/gms)]
      .map(([, text]) => text!).filter((text) => text.includes("[[rules]]"));
    assert.ok(policies.length > 0);
    for (const text of policies) {
      using patterns = await loadPatterns();
      const policy = await parsePolicy([{ file: page, text }], patterns);
      assert.ok(policy.tests.length > 0);
      const reports = runTests(policy, patterns);
      assert.deepEqual(reports.filter(({ passed }) => !passed), []);
    }
  });
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { parsePolicy } from "../../src/policy/load.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { runTests } from "../../src/simulate/tests.ts";
import { PROJECT } from "../e2e/gateway.ts";

Deno.test("README's policies load, and their tests pass", async () => {
  const readme = await Deno.readTextFile(join(PROJECT, "README.md"));
  const policies = [...readme.matchAll(/^```toml\n(.*?)^```$/gms)]
    .map(([, text]) => text!).filter((text) => text.includes("[[rules]]"));
  assert.ok(policies.length > 0);
  for (const text of policies) {
    const patterns = await loadPatterns();
    const policy = await parsePolicy([{ file: "README.md", text }], patterns);
    assert.ok(policy.tests.length > 0);
    const reports = runTests(policy, patterns);
    assert.deepEqual(reports.filter(({ passed }) => !passed), []);
  }
});

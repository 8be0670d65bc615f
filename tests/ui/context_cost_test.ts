import assert from "node:assert/strict";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { costOf, hidingRule } from "../../ui/models/context_cost.ts";

Deno.test("hidingRule is a policy that denies what nobody calls", async () => {
  const cost = {
    server: "my files",
    listed_at: "2026-11-26T00:00:00.000Z",
    tools: [
      { tool: "read", bytes: 800, calls: 0 },
      { tool: 'odd*"name', bytes: 300, calls: 0 },
      { tool: "bash", bytes: 400, calls: 2 },
      { tool: "not-counted-yet", bytes: 100, calls: null },
    ],
  };
  const { sum, unused, saved } = costOf(cost);
  assert.deepEqual([sum, unused, saved], [1600, ["read", 'odd*"name'], 1100]);
  using patterns = await loadPatterns();
  const text = hidingRule(cost, unused);
  const { rules } = await parsePolicy([{ file: "p.toml", text }], patterns);
  assert.deepEqual(rules.map(({ id, action }) => [id, action]), [["hide-unused-my-files", "deny"]]);
});

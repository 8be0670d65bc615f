import assert from "node:assert/strict";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy, warningTexts } from "../../src/policy/load.ts";
import { whyNoTool } from "../../src/policy/tool_names.ts";
import { rule } from "./harness.ts";

const WRONG: readonly [name: string, said: RegExp][] = [
  ["mcp__files__read_file", /tool = "read_file" and server = "files"/],
  ["mcp__files__*", /tool = "\*" and server = "files"/],
  ["Bash(rm:*)", /a client's permission rule; write tool = "Bash" and a condition/],
  ["re:^read", /regular expression/],
  ["^read_.*$", /regular expression/],
  ["/read_.+/", /regular expression/],
  ["read_(file|dir)", /regular expression/],
  ["read\\d", /regular expression/],
  ["read file", /no name that MCP has for tools/],
  ["tool:read", /no name that MCP has for tools/],
];

for (const [name, said] of WRONG) {
  Deno.test(`whyNoTool says what to write for ${name}`, () => assert.match(whyNoTool(name)!, said));
}

Deno.test("whyNoTool takes names that servers have, and globs", () => {
  for (
    const name of [
      "bash",
      "read_file",
      "git.commit",
      "fs/read",
      "a-b",
      "*",
      "run_*",
      "x[a-z]",
      "x[!a]",
      "y?",
      "{p,q}",
      "mcp_files",
      "__x",
    ]
  ) assert.equal(whyNoTool(name), undefined, name);
});

Deno.test("parsePolicy warns of such names, with their places", async () => {
  using patterns = await loadPatterns();
  const text = rule("a", { tool: ["bash", "mcp__x__y"], action: "deny" });
  const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
  const [warning, ...more] = await warningTexts(policy.warnings);
  assert.deepEqual(more, []);
  assert.match(warning!, /^p\.toml:3:16: "mcp__x__y" is a client's own spelling/);
});

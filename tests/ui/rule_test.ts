import assert from "node:assert/strict";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { Simulation } from "../../src/simulate/simulation.ts";
import { runTests } from "../../src/simulate/tests.ts";
import {
  type Condition,
  idsIn,
  proposedConditions,
  proposedId,
  type RuleDraft,
  ruleToml,
  withFreeId,
  withRule,
} from "../../ui/models/rule_from_call.ts";
import {
  asCurl,
  asTest,
  isRedacted,
  truncationOf,
  type WholeCall,
} from "../../ui/models/whole_call.ts";

/** What a policy of one made rule decides. */
async function decides(draft: Partial<RuleDraft>, args: unknown, tool = "bash") {
  using patterns = await loadPatterns();
  const rule: RuleDraft = {
    ...{ id: "made", tool: "bash", server: null, action: "deny", isShadow: false },
    ...{ conditions: [], message: "", ...draft },
  };
  const text = withRule(`[metadata]\nname = "p"\n`, ruleToml(rule));
  const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
  const call = { tool, arguments: args, server: "files", time: 0 };
  return new Simulation(policy, patterns).run(call).decision.rule?.id ?? null;
}

Deno.test("a rule that is made from a call loads, and holds for that call alone", async () => {
  const awkward = [
    ...["/etc/passwd", "it's", `a "b"`, "back\\slash", "line\nbreak", "tab\t'x'", "ünï 🙂", "'''"],
    ...["\\'''\\", "end'", "\u007f"],
  ];
  for (const value of awkward) {
    for (const comparison of ["equals", "starts", "contains"] as const) {
      const condition: Condition = { path: ["path"], comparison, value };
      assert.equal(await decides({ conditions: [condition] }, { path: value }), "made", value);
      assert.equal(await decides({ conditions: [condition] }, { path: "other" }), null, value);
    }
  }
  const odd: Condition = { path: ["a-b", "c d", "e"], comparison: "equals", value: 5 };
  assert.equal(await decides({ conditions: [odd] }, { "a-b": { "c d": { e: 5 } } }), "made");
  const host: Condition = { path: ["url"], comparison: "host", value: "https://a.example:8/x?y" };
  assert.equal(await decides({ conditions: [host] }, { url: "http://u@a.example:8/z" }), "made");
  assert.equal(await decides({ conditions: [host] }, { url: "http://axexample:8/z" }), null);
  for (const url of ["HTTPS://u@v@Bücher.example/x", "git+ssh://EVIL.example"]) {
    const host: Condition = { path: ["url"], comparison: "host", value: url };
    assert.equal(await decides({ conditions: [host] }, { url }), "made", url);
  }
  assert.equal(await decides({ tool: "we*rd[1]{2}?" }, {}, "we*rd[1]{2}?"), "made");
  assert.equal(await decides({ tool: "we*rd" }, {}, "weird"), null);
  assert.equal(await decides({ server: "other" }, {}), null);
  assert.equal(await decides({ isShadow: true }, {}), null);
});

Deno.test("conditions are proposed for what is plain, and ids that are free", () => {
  const found = proposedConditions({ path: "/a", n: 3, list: [1], deep: { on: true, no: null } });
  assert.deepEqual(found.map(({ path, value }) => [path.join("."), value]), [
    ...[["path", "/a"], ["n", 3], ["deep.on", true]],
  ]);
  assert.deepEqual(proposedConditions(null), []);
  assert.deepEqual(proposedConditions({ n: 1e20, half: "a\ud800" }).map(({ value }) => value), [
    "a\ufffd",
  ]);
  assert.equal(proposedId("Read__File!", ["no-read-file"]), "no-read-file-2");
  assert.deepEqual(idsIn(`[[rules]]\nid = "a"\n  id='b'\n# id = "c"`), ["a", "b"]);
});

Deno.test("a rule on its way to the editor gets an id that is free there", () => {
  const rule = `\n[[rules]]\nid = "no-$&"\nmessage = "id = 1"\n`;
  assert.equal(withFreeId(rule, ["other"]), rule);
  assert.equal(withFreeId(rule, ["no-$&", "no-$&-2"]), rule.replace("$&", () => "$&-3"));
});

const call = (fields: Partial<WholeCall>): WholeCall =>
  ({
    ...{ tool_name: "bash", server_name: "shell", agent_id: "me", status: "allowed" },
    ...{ arguments: {}, result: null, policy_hit: null, hit: null, method: "tools/call" },
    ...fields,
  }) as WholeCall;

Deno.test("a call as a [[tests]] entry passes where the call did", async () => {
  using patterns = await loadPatterns();
  const rules = `[[rules]]\nid = "no"\ntool = "bash"\naction = "deny"\n`;
  const args = {
    a: 'q"\n',
    "k k": [1, null, { b: true, c: null }],
    f: 1.5,
    e: {},
    big: 1e20,
    inf: Infinity,
    half: "\ud800",
  };
  const denied = call({ status: "denied", policy_hit: "no", arguments: args });
  const passed = call({ tool_name: "read", arguments: null });
  const text = rules + asTest(denied) + asTest(passed);
  const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
  assert.deepEqual(runTests(policy, patterns).map(({ passed }) => passed), [true, true]);
});

Deno.test("a call as cURL survives a shell", async () => {
  const args = { text: `it's "$HOME" \`x\` \\ \n` };
  const curl = asCurl(call({ arguments: args })).replace(/^curl/, "printf '%s\\n'");
  const shell = new Deno.Command("sh", { args: ["-c", curl], env: { MCP_URL: "http://x" } });
  if (Deno.build.os === "windows") return;
  const { stdout } = await shell.output();
  const line = new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)!;
  assert.deepEqual(JSON.parse(line).params, { name: "bash", arguments: args });
});

Deno.test("what was redacted or too large is told", () => {
  assert.ok(isRedacted(call({ result: { text: "key [REDACTED:aws]" } })));
  assert.ok(!isRedacted(call({})));
  const cut = { _truncated: true, original_size_bytes: 9, abridged: { a: "…" } };
  assert.deepEqual(truncationOf(cut), { size: 9, shown: { a: "…" } });
  assert.equal(truncationOf({ a: 1 }), null);
  assert.equal(truncationOf(null), null);
});

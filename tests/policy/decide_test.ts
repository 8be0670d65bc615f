import assert from "node:assert/strict";
import { RateLimiter } from "../../src/limits/rate_limits.ts";
import { watchHiddenTools } from "../../src/policy/catalogue_stage.ts";
import { answer, call, lines } from "../session/harness.ts";
import { rule, withPolicy } from "./harness.ts";

const denyRm = rule("no-rm", {
  tool: "bash",
  condition: "arguments.command matches 'rm\\s+-rf'",
  action: "deny",
  message: "No deleting",
});

Deno.test("policy: a denied call never reaches the server, and says what to do", async () => {
  const h = await withPolicy(denyRm);
  const out = h.agent(call(1, "bash", { command: "rm -rf /" }));
  assert.equal(out.server, "");
  const { error } = lines(out.agent)[0];
  assert.equal(error.code, -32603);
  assert.match(error.message, /^No deleting\. The tool was not executed/);
  assert.deepEqual(error.data, { rule: "no-rm", outcome: "denied" });
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [["denied", "no-rm"]]);
  const fine = call(2, "bash", { command: "ls" });
  assert.equal(h.agent(fine).server, fine);
  const other = call(3, "read", { command: "rm -rf /" });
  assert.equal(h.agent(other).server, other);
});

Deno.test("policy: type tricks do not get past a deny", async () => {
  const h = await withPolicy(denyRm);
  let id = 0;
  for (
    const command of [
      '["rm","-rf"]',
      '{"x":"rm -rf"}',
      '[["rm -rf"]]',
      '"{\\"a\\":\\"rm -rf\\"}"',
      '"rm\\n-rf"',
      '"[\\"\\\\u0072m -rf /\\", NaN]"',
      '"r\\u006d -rf"',
      `"${"x".repeat(1_000_000)} rm -rf"`,
      `${"[".repeat(100)}"rm -rf"${"]".repeat(100)}`,
    ]
  ) {
    const line = `{"jsonrpc":"2.0","id":${++id},"method":"tools/call","params":` +
      `{"name":"bash","arguments":{"command":${command}}}}\n`;
    assert.equal(h.agent(line).server, "", command.slice(0, 60));
  }
});

Deno.test("policy: rules run in file order, whatever they name", async () => {
  const denyFirst = await withPolicy(
    rule("all", { action: "deny" }) + rule("bash", { tool: "bash", action: "allow" }),
  );
  assert.equal(denyFirst.agent(call(1, "bash")).server, "");
  const allowFirst = await withPolicy(
    rule("bash", { tool: "bash", action: "allow" }) + rule("all", { action: "deny" }),
  );
  assert.notEqual(allowFirst.agent(call(1, "bash")).server, "");
  assert.equal(allowFirst.agent(call(2, "other")).server, "");
});

Deno.test("policy: default = deny refuses what no rule allows", async () => {
  const h = await withPolicy(
    `[metadata]\ndefault = "deny"\n` + rule("r", { tool: "fs_*", action: "allow" }),
  );
  assert.notEqual(h.agent(call(1, "fs_read")).server, "");
  const { error } = lines(h.agent(call(2, "bash")).agent)[0];
  assert.equal(error.data.rule, "default");
});

Deno.test("policy: a partly matching value passes no deny and no allow", async () => {
  const safe = "arguments.command matches 'safe'";
  const allow = await withPolicy(
    `[metadata]\ndefault = "deny"\n` + rule("a", { condition: safe, action: "allow" }),
  );
  assert.equal(allow.agent(call(1, "bash", { command: ["safe", "rm -rf"] })).server, "");
  const deny = await withPolicy(rule("d", { condition: `!${safe}`, action: "deny" }));
  assert.equal(deny.agent(call(1, "bash", { command: ["safe", "rm -rf"] })).server, "");
  assert.notEqual(deny.agent(call(2, "bash", { command: "safe" })).server, "");
});

Deno.test("policy: a rate_limit rule counts, refuses and refills; a refused call spends nothing", async () => {
  const h = await withPolicy(
    rule("two", { tool: "api", action: "rate_limit", max_calls: 2, window_seconds: 10 }) +
      rule("no", { condition: "arguments.x == 'no'", action: "deny" }),
  );
  for (let id = 0; id < 5; id++) h.agent(call(id, "api", { x: "no" }));
  assert.notEqual(h.agent(call(11, "api")).server, "");
  assert.notEqual(h.agent(call(12, "api")).server, "");
  const { error } = lines(h.agent(call(13, "api")).agent)[0];
  assert.equal(error.code, -31029);
  assert.deepEqual(error.data, { rule: "two", outcome: "rate_limited", retry_after_secs: 5 });
  assert.deepEqual([h.ended.at(-1)?.outcome, h.ended.at(-1)?.policyHit], ["rate_limited", "two"]);
  h.nowMs += 5000;
  assert.notEqual(h.agent(call(14, "api")).server, "");
});

Deno.test("policy: changed limits apply at once on reload, and keep the spent share", async () => {
  const limit = (calls: number) =>
    rule("l", { action: "rate_limit", max_calls: calls, window_seconds: 1000 });
  const h = await withPolicy(limit(10));
  for (let id = 0; id < 5; id++) h.agent(call(id));
  await h.load(limit(2));
  assert.notEqual(h.agent(call(10)).server, "");
  assert.equal(h.agent(call(11)).server, "");
});

Deno.test("policy: a shadow rule changes nothing and is recorded", async () => {
  const h = await withPolicy(
    rule("would", { tool: "bash", action: "deny", mode: "shadow" }) +
      rule("one", {
        tool: "bash",
        action: "rate_limit",
        max_calls: 1,
        window_seconds: 1000,
        mode: "shadow",
      }),
  );
  assert.notEqual(h.agent(call(1, "bash")).server, "");
  assert.notEqual(h.agent(call(2, "bash")).server, "");
  h.server(answer(1), answer(2));
  assert.deepEqual(h.ended.map((c) => c.shadowHits), [
    ["would_deny:would"],
    ["would_deny:would", "would_rate_limit:one"],
  ]);
});

Deno.test("policy: refusals can be results that the model sees", async () => {
  const h = await withPolicy(denyRm, { refusalStyle: "tool_result" });
  const { result } = lines(h.agent(call(1, "bash", { command: "rm -rf" })).agent)[0];
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /No deleting/);
  const task = {
    jsonrpc: "2.0",
    id: 2,
    method: "tools/call",
    params: { name: "bash", arguments: { command: "rm -rf" }, task: {} },
  };
  assert.equal(lines(h.agent(JSON.stringify(task) + "\n").agent)[0].error.code, -32603);
});

Deno.test("policy: tools that are always refused are left out of tools/list", async () => {
  const h = await withPolicy(
    rule("no-a", { tool: "a", action: "deny" }) +
      rule("no-b", { tool: "b", condition: "time.hour < 24", action: "deny" }) +
      rule("no-d", { tool: ["d", "e"], action: "deny" }),
  );
  const list = (...names: string[]) =>
    answer(1, { tools: names.map((name) => ({ name, inputSchema: {} })), nextCursor: "c" });
  for (
    const [names, shown] of [
      [["a", "b", "c", "d", "e"], ["b", "c"]],
      [["a"], []],
      [["d", "e", "f"], ["f"]],
      [["b", "d", "a", "c", "e"], ["b", "c"]],
      [["b"], ["b"]],
      [[], []],
    ] as const
  ) {
    h.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
    assert.equal(h.server(list(...names)).agent, list(...shown));
  }
  const shown = await withPolicy(rule("no-a", { tool: "a", action: "deny" }), { hide: false });
  shown.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
  assert.equal(shown.server(list("a")).agent, list("a"));
});

Deno.test("policy: conditions see annotations as last listed", async () => {
  const h = await withPolicy(
    rule("ro", { condition: "tool.annotations.readOnlyHint != true", action: "deny" }),
  );
  h.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
  h.server(
    answer(1, { tools: [{ name: "r", annotations: { readOnlyHint: true } }, { name: "w" }] }),
  );
  assert.notEqual(h.agent(call(2, "r")).server, "");
  assert.equal(h.agent(call(3, "w")).server, "");
});

Deno.test("policy: the agent is told when a reload hides other tools, where the server declared it", async () => {
  for (const listChanged of [true, false]) {
    const h = await withPolicy(rule("no", { tool: "a", action: "deny" }));
    const told: string[] = [];
    watchHiddenTools(h.catalogue, h.holder, (notification) => told.push(notification));
    h.agent('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n');
    h.server(answer(1, { capabilities: { tools: { listChanged } } }));
    h.agent('{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n');
    h.server(answer(2, { tools: [{ name: "a" }, { name: "b" }] }));
    await h.load(rule("still", { tool: "a", action: "deny" }));
    assert.deepEqual(told, []);
    await h.load(rule("no", { tool: "b", action: "deny" }));
    assert.equal(told.length, listChanged ? 1 : 0);
    if (listChanged) assert.equal(JSON.parse(told[0]!).method, "notifications/tools/list_changed");
  }
});

Deno.test("policy: a redact rule switches neither a later deny nor a limit off", async () => {
  const limiter = new RateLimiter({
    globalMaxCallsPerMinute: 2,
    perAgentMaxCallsPerMinute: undefined,
    perToolMaxCallsPerMinute: undefined,
  }, () => 0);
  const h = await withPolicy(
    rule("mask", { action: "redact", pattern: "x" }) + rule("no", { tool: "b", action: "deny" }),
    { stages: [limiter.stage("s")] },
  );
  assert.equal(h.agent(call(1, "b", { t: "x" })).server, "");
  for (const [id, passes] of [[2, true], [3, true], [4, false]] as const) {
    assert.equal(h.agent(call(id, "a", { t: "x" })).server !== "", passes);
  }
});

Deno.test("policy: what has no effect does not load", async () => {
  const test = (ruleId: string) =>
    `[[tests]]\nname = "n"\ntool = "t"\nexpect = "allow"\nrule = "${ruleId}"\n`;
  for (
    const [toml, complaint] of [
      [rule("m", { action: "redact", pattern: "x", message: "no" }), /tells the agent nothing/],
      [rule("ok", { action: "allow" }) + test("okk"), /no rule "okk"; did you mean "ok"/],
      [rule("default", { action: "deny" }), /AgentGate's own/],
      [rule("b", { tool: "bash ", action: "deny" }), /blanks at an end/],
      [rule("e", { action: "redact", pattern: "x*" }), /matches the empty text/],
    ] as const
  ) await assert.rejects(withPolicy(toml), complaint);
});

import assert from "node:assert/strict";
import { isJudged } from "../../src/policy/methods.ts";
import { call, lines, request } from "../session/harness.ts";
import { rule, withPolicy } from "./harness.ts";

const DENY = '[metadata]\ndefault = "deny"\n';
const OTHERS = [
  "resources/read",
  "prompts/get",
  "completion/complete",
  "tasks/update",
  "tasks/result",
  "tools/execute",
  "callTool",
  "sampling/createMessage",
  "x",
];
const HOUSEKEEPING = [
  "initialize",
  "ping",
  "server/discover",
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "prompts/list",
  "logging/setLevel",
  "subscriptions/listen",
];
const URI = { uri: "file:///etc/shadow" };

Deno.test('default = "deny" refuses every method that gives something away, with a record', async () => {
  const h = await withPolicy(DENY);
  for (const [id, method] of OTHERS.entries()) {
    const { server, agent } = h.agent(request(id, method, URI));
    assert.equal(server, "", method);
    const [{ error }] = lines(agent);
    assert.equal(error.code, -32603);
    assert.match(error.message, /no policy rule allows the method .*Nothing was executed/);
    assert.deepEqual(error.data, { rule: "default", outcome: "denied" });
  }
  assert.deepEqual(
    h.ended.map((
      { method, tool, outcome, policyHit, arguments: args },
    ) => [method, tool, outcome, policyHit, args]),
    OTHERS.map((method) => [method, method, "denied", "default", JSON.stringify(URI)]),
  );
});

Deno.test('default = "deny" leaves what sets up a session and lists what there is', async () => {
  const h = await withPolicy(DENY);
  for (const [id, method] of HOUSEKEEPING.entries()) {
    assert.equal(h.agent(request(id, method)).server, request(id, method));
  }
  const notice = '{"jsonrpc":"2.0","method":"notifications/initialized"}\n';
  assert.equal(h.agent(notice).server, notice);
  assert.equal(h.ended.length, 0);
});

Deno.test('default = "deny" drops notifications that are none of MCP\'s', async () => {
  const h = await withPolicy(DENY);
  const run = '{"jsonrpc":"2.0","method":"tools/execute","params":{"name":"bash"}}\n';
  assert.deepEqual(h.agent(run), { server: "", agent: "" });
  assert.deepEqual(h.ended.map(({ method, outcome }) => [method, outcome]), [
    ["tools/execute", "denied"],
  ]);
});

Deno.test("methods are left alone where the policy allows by default", async () => {
  const h = await withPolicy(rule("a", { action: "deny" }));
  assert.equal(
    h.agent(request(1, "resources/read", URI)).server,
    request(1, "resources/read", URI),
  );
  assert.equal(h.agent(call(2)).server, "");
});

Deno.test("rules with a method decide, first match first, by params", async () => {
  const h = await withPolicy(
    DENY + `[[rules]]\nid = "no-etc"\nmethod = "resources/*"
      condition = "params.uri starts_with 'file:///etc/'"\naction = "deny"\nmessage = "Not there"\n` +
      `[[rules]]\nid = "read"\nmethod = ["resources/read", "prompts/get"]\naction = "allow"\n` +
      `[[rules]]\nid = "calls"\ntool = "x"\naction = "allow"\n`,
  );
  const refused = h.agent(request(1, "resources/read", URI));
  assert.match(lines(refused.agent)[0].error.message, /^Not there\. Nothing was executed/);
  assert.equal(h.ended[0]?.policyHit, "no-etc");
  // A key that only looks like it counts, too.
  assert.equal(h.agent(request(2, "resources/read", { URI: "file:///etc/x" })).server, "");
  const allowed = request(3, "resources/read", { uri: "file:///srv/x" });
  assert.equal(h.agent(allowed).server, allowed);
  assert.equal(h.agent(request(4, "completion/complete")).server, "");
  assert.equal(h.agent(call(5, "x")).server, call(5, "x"));
  assert.equal(h.agent(call(6, "resources/read")).server, "");
});

Deno.test("a rule with a method is in force though the default is to allow", async () => {
  const h = await withPolicy(
    `[[rules]]\nid = "no-prompts"\nmethod = "prompts/get"
     condition = "arguments.topic == 'secret'"\naction = "deny"\n`,
  );
  const get = (topic: string) => request(1, "prompts/get", { name: "p", arguments: { topic } });
  assert.equal(h.agent(get("secret")).server, "");
  assert.equal(h.agent(get("other")).server, get("other"));
});

Deno.test("a rule for every method speaks of calls as well", async () => {
  const h = await withPolicy(
    `[[rules]]\nid = "all"\nmethod = "*"\ncondition = "params.name == 'x' or method == 'x/y'"
     action = "deny"\n`,
  );
  assert.equal(h.agent(call(1, "x")).server, "");
  assert.equal(h.agent(call(2, "y")).server, call(2, "y"));
  assert.equal(h.agent(request(3, "x/y")).server, "");
  assert.deepEqual(h.ended.map(({ tool, policyHit }) => [tool, policyHit]), [["x", "all"], [
    "x/y",
    "all",
  ]]);
});

Deno.test("a refused message of another method refuses its batch", async () => {
  const h = await withPolicy(DENY + rule("ok", { action: "allow" }));
  const { server, agent } = h.agent(
    `[${call(1).trim()},${request(2, "resources/read", URI).trim()}]\n`,
  );
  assert.equal(server, "");
  // deno-lint-ignore no-explicit-any
  assert.deepEqual(lines(agent).flat().map((m: any) => [m.id, m.error.code]), [[1, -32600], [
    2,
    -32603,
  ]]);
});

Deno.test("the record of a refused method is redacted", async () => {
  const h = await withPolicy(
    DENY + rule("r", { action: "redact", pattern: "secret" }),
  );
  h.agent(request(1, "resources/read", { uri: "file:///secret" }));
  assert.equal(h.ended[0]?.arguments, '{"uri":"file:///[REDACTED]"}');
});

Deno.test("isJudged knows what is left to itself", () => {
  for (const method of OTHERS) assert.ok(isJudged(method), method);
  for (const method of [...HOUSEKEEPING, "tools/call", "notifications/x"]) {
    assert.ok(!isJudged(method), method);
  }
});

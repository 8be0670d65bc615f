/** JSON numbers that a redact rule matches: on the line, in JSON inside texts, and in the record. */

import assert from "node:assert/strict";
import { parsePolicy } from "../../src/policy/load.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { runTests } from "../../src/simulate/tests.ts";
import { answer, call, lines } from "../session/harness.ts";
import { rule, withPolicy } from "./harness.ts";

const CARD = 4111111111111111;
const redact = (fields: Record<string, unknown> = {}) =>
  rule("card", {
    action: "redact",
    detect: ["credit-card"],
    pattern: "\\b\\d{8}\\b",
    replacement: "[N]",
    ...fields,
  });

Deno.test("numbers: refused in arguments, by the rule; the record does not hold them", async () => {
  const h = await withPolicy(redact());
  for (const value of [CARD, [{ a: CARD }], 12345678, 4.111111111111111e15, -12345678]) {
    const { server, agent } = h.agent(call(1, "pay", { value }));
    assert.equal(server, "");
    const { error } = lines(agent)[0];
    assert.deepEqual(error.data, { rule: "card", outcome: "denied" });
    assert.match(error.message, /^Nothing was executed: .*rule 'card'.*send it as a string/);
  }
  assert.deepEqual(h.ended.map(({ outcome }) => outcome), Array(5).fill("denied"));
  assert.equal(h.ended[0]!.policyHit, "card");
  assert.ok(!/1111|345678/.test(JSON.stringify(h.ended)));
  assert.equal(h.ended[0]!.arguments, '{"value":"[N]"}');
  const written = call(2, "pay", { a: 0 }).replace("0", "4111111111111111.0");
  assert.equal(h.agent(written).server, "");
});

Deno.test("numbers: 0 in results, and in the record what stands for them", async () => {
  const h = await withPolicy(redact());
  h.agent(call(1));
  const got = answer(1, { structuredContent: { card: CARD, list: [1, 12345678], n: 1.5 } });
  assert.deepEqual(lines(h.server(got).agent)[0].result, {
    structuredContent: { card: 0, list: [1, 0], n: 1.5 },
  });
  assert.deepEqual(JSON.parse(h.ended[0]!.result!).structuredContent, {
    card: "[N]",
    list: [1, "[N]"],
    n: 1.5,
  });
});

Deno.test("numbers: a rule may say what becomes of them", async () => {
  const sent = call(1, "pay", { card: CARD }), got = answer(1, { structuredContent: { c: CARD } });
  const zero = await withPolicy(redact({ numbers: "zero" }));
  assert.equal(zero.agent(sent).server, call(1, "pay", { card: 0 }));
  const pass = await withPolicy(redact({ numbers: "pass" }));
  assert.equal(pass.agent(sent).server, sent);
  assert.equal(pass.server(got).agent, got);
  assert.ok(!JSON.stringify(pass.ended).includes("4111"), "never in the record");
  const refuse = await withPolicy(redact({ numbers: "refuse" }));
  refuse.agent(call(1, "pay"));
  const { error } = lines(refuse.server(got).agent)[0];
  assert.match(
    error.message,
    /^The answer was refused \(a number in it .*\)\. The request may have/,
  );
  assert.ok(!error.message.includes("Nothing was executed"));
  assert.equal(refuse.ended[0]!.outcome, "error");
});

Deno.test("numbers: ids, progress, codes and schemas are the protocol's", async () => {
  const h = await withPolicy(redact());
  const sent = call(12345678, "pay", { a: 1 });
  assert.equal(h.agent(sent).server, sent);
  const notice =
    '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":12345678,"progress":12345678,"total":12345678}}\n';
  assert.equal(h.server(notice).agent, notice);
  const got = answer(12345678, { content: [] });
  assert.equal(h.server(got).agent, got);
  h.agent('{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n');
  const schema = { type: "object", properties: { n: { type: "integer", maximum: 12345678 } } };
  const list = answer(2, { tools: [{ name: "pay", inputSchema: schema }] });
  assert.equal(h.server(list).agent, list);
});

Deno.test("numbers: JSON in a text stays JSON, whatever is matched in it", async () => {
  const cases: [fields: Record<string, unknown>, text: string, redacted: unknown][] = [
    [{}, `{"id":1,"card":${CARD},"user":"u1"}`, { id: 1, card: "[N]", user: "u1" }],
    [{}, `[${CARD}]`, ["[N]"]],
    [{}, `[1.5, 12345678 ]`, [1.5, "[N]"]],
    [{ numbers: "zero" }, `{"card":${CARD}}`, { card: 0 }],
    [{ numbers: "pass" }, `{"card":${CARD}}`, { card: "[N]" }],
    [{ pattern: '"pin":\\s*[0-9]+' }, '{"pin": 12, "a": 1}', { "[N]": "[N]", a: 1 }],
    [{ pattern: "pin\\W+\\w+" }, '{"pin":"x\\"y","a":"b"}', { "[N]": "[N]", a: "b" }],
    [{ pattern: "true" }, '{"admin":true,"a":null}', { admin: "[N]", a: null }],
  ];
  for (const [fields, text, redacted] of cases) {
    const h = await withPolicy(redact(fields));
    const item = { content: [{ type: "text", text }] };
    h.agent(call(1));
    const got = lines(h.server(answer(1, item)).agent)[0].result.content[0].text;
    assert.deepEqual(JSON.parse(got), redacted, text);
  }
});

Deno.test("numbers: JSON in lines, or between words, stays JSON", async () => {
  const cases = [
    [
      `{"a":1}\n{"card": ${CARD}}\n{"pin":12345678,"b":2}\n`,
      '{"a":1}\n{"card": "[N]"}\n{"pin":"[N]","b":2}\n',
    ],
    [`Result: {"card":${CARD} }.`, 'Result: {"card":"[N]" }.'],
    [`card: ${CARD}, x`, "card: [N], x"],
  ];
  for (const [text, redacted] of cases) {
    const h = await withPolicy(redact());
    h.agent(call(1));
    const got = lines(h.server(answer(1, { content: [{ type: "text", text }] })).agent)[0];
    assert.equal(got.result.content[0].text, redacted);
  }
});

Deno.test("numbers: JSON within JSON in arguments is replaced; what is matched beyond values goes", async () => {
  const h = await withPolicy(redact());
  const body = JSON.stringify({ card: CARD });
  assert.equal(
    h.agent(call(1, "pay", { body })).server,
    call(1, "pay", { body: '{"card":"[N]"}' }),
  );
  const greedy = await withPolicy(redact({ pattern: "\\{.*" }));
  assert.equal(
    greedy.agent(call(1, "pay", { body })).server,
    call(1, "pay", { body: "[N]" }),
  );
});

Deno.test("numbers: a shadow rule changes nothing, and says what it would have done", async () => {
  const h = await withPolicy(redact({ mode: "shadow" }));
  const sent = call(1, "pay", { card: CARD });
  assert.equal(h.agent(sent).server, sent);
  h.server(answer(1, { content: [] }));
  assert.deepEqual(h.ended[0]!.shadowHits, ["would_redact:card"]);
  assert.ok(!JSON.stringify(h.ended).includes("4111"));
});

Deno.test("numbers: policy test and the line agree", async () => {
  using patterns = await loadPatterns();
  const text = redact({ on: "both" }) + `
[[tests]]
name = "refused"
tool = "pay"
arguments = { card = ${CARD} }
expect = "deny"
rule = "card"
[[tests]]
name = "zero"
tool = "pay"
result = { structuredContent = { card = ${CARD} } }
expect = "allow"
expect_result = { structuredContent = { card = 0 } }
`;
  const policy = await parsePolicy([{ file: "p.toml", text }], patterns);
  assert.deepEqual(runTests(policy, patterns).flatMap(({ failures }) => failures), []);
});

Deno.test("numbers: a word that is none is a fault of the file", async () => {
  using patterns = await loadPatterns();
  const text = redact({ numbers: "none" });
  await assert.rejects(parsePolicy([{ file: "p.toml", text }], patterns), /numbers must be one of/);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { answer, call, lines } from "../session/harness.ts";
import { PATTERN_BOUNDS } from "../../src/patterns/scan_budget.ts";
import { MAX_RETIRED } from "../../src/session/requests.ts";
import { rule, withPolicy } from "./harness.ts";

const redact = (fields: Record<string, unknown> = {}) =>
  rule("mask", { action: "redact", pattern: "SECRET-[0-9a-z]+", ...fields });
const KEY = "SECRET-12ab";
const REDACTED = "[REDACTED]";

Deno.test("redact: arguments on their way, everything that comes back, and the record", async () => {
  const h = await withPolicy(redact());
  const sent = call(1, "t", { a: KEY, [`k${KEY}`]: [1.0, `x ${KEY} y`], n: 1 });
  assert.equal(h.agent(sent).server, sent.replaceAll(KEY, REDACTED));
  const got = answer(1, {
    content: [{ type: "text", text: `a ${KEY}` }, { type: "resource", resource: { text: KEY } }],
    structuredContent: { [KEY]: { deep: [KEY] } },
    _meta: { note: KEY },
  });
  assert.equal(h.server(got).agent, got.replaceAll(KEY, REDACTED));
  assert.equal(h.ended[0]?.arguments?.includes(KEY), false);
  assert.equal(h.ended[0]?.result?.includes(KEY), false);
});

Deno.test("redact: errors, notifications, requests of the server, and answers to other methods", async () => {
  const h = await withPolicy(redact());
  h.agent(call(1), '{"jsonrpc":"2.0","id":2,"method":"resources/read","params":{"uri":"x"}}\n');
  for (
    const line of [
      `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no ${KEY}","data":{"x":"${KEY}"}}}\n`,
      `{"jsonrpc":"2.0","id":2,"result":{"contents":[{"uri":"f","text":"${KEY}"}]}}\n`,
      `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${KEY}"}}\n`,
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"message":"${KEY}"}}\n`,
      `{"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"${KEY}"}}]}}\n`,
      `{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"${KEY}"}}\n`,
    ]
  ) assert.equal(h.server(line).agent, line.replaceAll(KEY, REDACTED));
  assert.equal(h.ended[0]?.detail, `-1 no ${REDACTED}`);
});

Deno.test("redact: what is escaped, encoded or nested is found, too", async () => {
  const h = await withPolicy(redact());
  const escaped = KEY.replace("S", "\\u0053").replace("-", "\\u002d");
  const base64 = btoa(`text with ${KEY} in it`);
  const inner = JSON.stringify({ k: `\u0041 ${KEY}` }).replace("SECRET", "\\u0053ECRET");
  for (
    const [value, redacted] of [
      [`"${escaped}"`, `"${REDACTED}"`],
      [JSON.stringify(JSON.stringify({ a: KEY })), JSON.stringify(JSON.stringify({ a: REDACTED }))],
      [JSON.stringify(inner), null],
    ] as const
  ) {
    h.agent(call(1));
    const out = h.server(`{"jsonrpc":"2.0","id":1,"result":{"x":${value}}}\n`).agent;
    assert.equal(out.includes("12ab"), false, value);
    if (redacted !== null) {
      assert.equal(out, `{"jsonrpc":"2.0","id":1,"result":{"x":${redacted}}}\n`);
    }
  }
  h.agent(call(2));
  const blob = answer(2, { contents: [{ uri: "f", blob: base64 }] });
  const { result } = lines(h.server(blob).agent)[0];
  assert.equal(atob(result.contents[0].blob), `text with ${REDACTED} in it`);
});

Deno.test("redact: the protocol's own words, handles and numbers stay", async () => {
  const h = await withPolicy(rule("greedy", {
    action: "redact",
    pattern: "text|uri|file|[a-z]+/[a-z]+|token|tool|2\\.0|object|string|cursor",
  }));
  h.agent('{"jsonrpc":"2.0","id":"token","method":"tools/list"}\n');
  const list = answer("token", {
    tools: [{
      name: "file_tool",
      description: "reads text",
      inputSchema: { type: "object", properties: { uri: { type: "string" } }, required: ["uri"] },
    }],
    nextCursor: "cursor",
  });
  assert.equal(h.server(list).agent, list.replace("reads text", `reads ${REDACTED}`));
  h.agent(call("file", "file_tool"));
  const got = answer("file", {
    content: [{ type: "text", text: "ok" }, {
      type: "resource",
      resource: { uri: "file:///text", mimeType: "text/plain", text: "x" },
    }],
  });
  assert.equal(h.server(got).agent, got);
});

Deno.test("redact: a redacted key that collides gets a number", async () => {
  const h = await withPolicy(redact());
  h.agent(call(1));
  const got = answer(1, { structuredContent: { "SECRET-1": 1, "SECRET-2": 2, [REDACTED]: 3 } });
  const { result } = lines(h.server(got).agent)[0];
  assert.deepEqual(result.structuredContent, {
    [`${REDACTED}_2`]: 1,
    [`${REDACTED}_3`]: 2,
    [REDACTED]: 3,
  });
});

Deno.test("redact: tool, condition and direction choose what is redacted; order and allow do not matter", async () => {
  const h = await withPolicy(
    rule("allow", { action: "allow" }) +
      redact({ tool: "a", condition: "arguments.mask == true", on: "arguments" }),
  );
  const plain = call(1, "a", { k: KEY });
  assert.equal(h.agent(plain).server, plain);
  const redacted = call(2, "a", { k: KEY, mask: true });
  assert.equal(h.agent(redacted).server, redacted.replace(KEY, REDACTED));
  const got = answer(1, { t: KEY });
  assert.equal(h.server(got).agent, got);
  // Whatever passed: neither record shows it.
  assert.equal(h.ended[0]?.result?.includes(KEY), false);
  h.server(answer(2));
  assert.equal(JSON.stringify(h.ended).includes(KEY), false);
  const other = call(3, "b", { k: KEY });
  assert.equal(h.agent(other).server, other);
});

Deno.test("redact: a shadow rule lets pass and still keeps the record clean", async () => {
  const h = await withPolicy(redact({ mode: "shadow" }));
  const sent = call(1, "t", { k: KEY });
  assert.equal(h.agent(sent).server, sent);
  const got = answer(1, { k: KEY });
  assert.equal(h.server(got).agent, got);
  assert.equal(JSON.stringify(h.ended).includes(KEY), false);
  assert.deepEqual(h.ended[0]?.shadowHits, ["would_redact:mask"]);
});

Deno.test("redact: a denied and a malformed call leave no secret in the record", async () => {
  const h = await withPolicy(redact() + rule("no", { action: "deny" }));
  h.agent(call(KEY, `tool ${KEY}`, { id: KEY, uri: KEY }));
  h.agent(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x ${KEY}",}}\n`);
  assert.equal(h.ended.length, 2);
  const shown = h.ended.map(({ tool, arguments: args, detail, requestId, client }) =>
    JSON.stringify([tool, args, detail, requestId, client])
  );
  assert.equal(shown.join().includes(KEY), false);
});

Deno.test("redact: groups in the replacement, several rules in order", async () => {
  const h = await withPolicy(
    rule("a", { action: "redact", pattern: "(user)=(?P<v>\\w+)", replacement: "$1=<${v}>" }) +
      rule("b", { action: "redact", pattern: "<\\w+>", replacement: "*" }),
  );
  h.agent(call(1));
  const { result } = lines(h.server(answer(1, { t: "user=bob and user=eve" })).agent)[0];
  assert.equal(result.t, "user=* and user=*");
});

Deno.test("redact: a result that no longer fits its output schema is withheld", async () => {
  const h = await withPolicy(rule("m", { action: "redact", pattern: "K[0-9]{4}" }));
  const outputSchema = {
    type: "object",
    properties: { key: { type: "string", pattern: "^K[0-9]{4}$" }, free: { type: "string" } },
  };
  h.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
  h.server(answer(1, { tools: [{ name: "t", inputSchema: {}, outputSchema }] }));
  h.agent(call(2, "t"), call(3, "t"), call(4, "t"));
  h.server(answer(4, { task: { taskId: "k", status: "working" } }));
  h.agent('{"jsonrpc":"2.0","id":5,"method":"tasks/result","params":{"taskId":"k"}}\n');
  const late = lines(h.server(answer(5, { structuredContent: { key: "K1234" } })).agent)[0];
  assert.equal(late.result.isError, true);
  const withheld = lines(h.server(answer(2, { structuredContent: { key: "K1234" } })).agent)[0];
  assert.equal(withheld.result.isError, true);
  assert.match(withheld.result.content[0].text, /withheld/);
  const fits = lines(h.server(answer(3, { structuredContent: { free: "K1234" } })).agent)[0];
  assert.deepEqual(fits.result, { structuredContent: { free: REDACTED } });
});

Deno.test("redact: a search that outlasts its budget refuses the message", async () => {
  const h = await withPolicy(
    rule("slow", { action: "redact", pattern: ".*[^A-Z]|[A-Z]" }),
    { scan: { maxScanWork: 10_000_000 } },
  );
  const begun = performance.now();
  const out = h.agent(call(1, "t", { x: "A".repeat(200_000) }));
  assert.ok(performance.now() - begun < 2000);
  assert.equal(out.server, "");
  assert.ok(lines(out.agent)[0].error);
  assert.equal(h.ended.length, 1);
  const next = call(2, "t", {});
  assert.notEqual(h.agent(next).server, "");
});

Deno.test("redact: without a match the bytes are untouched", async () => {
  const h = await withPolicy(
    redact() + rule("s", { action: "redact", detect: ["secrets", "pii"] }),
  );
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const sent = call(1, "t", { value }).replace('"id":1', ' "id" : 1 ');
    const text = JSON.stringify(value);
    if (/SECRET|[0-9]{9}|@|[A-Za-z0-9/+]{40}/.test(text)) return;
    assert.equal(h.agent(sent).server, sent);
    const got = answer(1, value === null ? {} : value);
    assert.equal(h.server(got).agent, got);
  }));
});

Deno.test("redact: what a rule matches appears nowhere, wherever it stood, and redacting is idempotent", async () => {
  const text = fc.array(
    fc.constantFrom(KEY, "SECRET-", "-9", " ", "\n", '"', "\\", "é", "\ud83d\ude00", "{", "[", "a"),
    { maxLength: 8 },
  ).map((parts) => parts.join(""));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(text, tie("tree"), { maxKeys: 3 }),
      text.map((t) => JSON.stringify({ nested: t })),
    ),
  }));
  const h = await withPolicy(redact());
  const found = /SECRET-[0-9a-z]+/;
  const holds = (value: unknown): boolean =>
    typeof value === "string"
      ? found.test(value)
      : typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).some(([key, item]) => found.test(key) || holds(item))
      : Array.isArray(value) && value.some(holds);
  fc.assert(
    fc.property(tree, (value) => {
      const sent = lines(h.agent(call(1, "t", { value })).server)[0];
      assert.equal(holds(sent.params), false);
      const got = h.server(answer(1, { content: value, structuredContent: value })).agent;
      assert.equal(holds(lines(got)[0].result), false);
      h.agent(call(2));
      assert.equal(
        h.server(got.replace('"id":1', '"id":2')).agent,
        got.replace('"id":1', '"id":2'),
      );
      const { arguments: args, result } = h.ended.at(-2)!;
      assert.equal(holds(JSON.parse(args!)) || holds(JSON.parse(result!)), false);
    }),
    { numRuns: 500 },
  );
});

Deno.test("redact: a task's result is redacted in the record, too", async () => {
  const h = await withPolicy(redact());
  h.agent(call(1));
  h.server(answer(1, { task: { taskId: "t", status: "working" } }));
  h.agent('{"jsonrpc":"2.0","id":2,"method":"tasks/result","params":{"taskId":"t"}}\n');
  h.server(answer(2, { content: [{ type: "text", text: KEY }] }));
  assert.equal(h.amended[0]?.result?.includes(KEY), false);
  assert.equal(h.amended[0]?.outcome, "ok");
});

Deno.test("redact: base64 is read however it is written", async () => {
  const h = await withPolicy(redact());
  const plain = btoa(`text with ${KEY} inside??>>`);
  const nested = btoa(JSON.stringify({ k: KEY }).replace("S", "\\u0053"));
  for (
    const member of [
      `"blob" : "${plain}"`,
      `"blob":"${plain.replaceAll("/", "\\/").replace("d", "\\u0064")}"`,
      `"data":"${plain.replaceAll("+", "-").replaceAll("/", "_")}"`,
      `"blob":"${nested}"`,
    ]
  ) {
    h.agent(call(1));
    const out = lines(
      h.server(`{"jsonrpc":"2.0","id":1,"result":{"contents":[{${member}}]}}\n`).agent,
    );
    const { blob, data } = out[0].result.contents[0];
    assert.equal(atob(blob ?? data).includes("12ab"), false, member);
    assert.equal(JSON.stringify(h.ended.at(-1)).includes(plain.slice(20, 30)), false);
  }
});

Deno.test("redact: nested JSON is looked into whatever the pattern, and refused when it is too deep", async () => {
  const anchored = await withPolicy(rule("a", { action: "redact", pattern: "^hunter2$" }));
  for (const extra of ["", "a\n"]) {
    anchored.agent(call(1));
    const text = JSON.stringify({ k: "hunter2", x: extra });
    const out = anchored.server(answer(1, { content: [{ type: "text", text }] })).agent;
    assert.equal(out.includes("hunter2"), false);
  }
  const two = await withPolicy(
    rule("a", { action: "redact", pattern: '"pw":"[^"]*"' }) + redact(),
  );
  two.agent(call(1));
  const text = `{"pw":"x","k":"\\u0053ECRET-12ab"}`;
  assert.equal(two.server(answer(1, { text })).agent.includes("12ab"), false);
  const deep = await withPolicy(redact());
  for (const [levels, passes] of [[7, true], [9, false]] as const) {
    deep.agent(call(levels));
    let value: string = KEY;
    for (let level = 0; level < levels; level++) value = JSON.stringify([value]);
    const out = lines(deep.server(answer(levels, { value })).agent)[0];
    assert.equal(out.result !== undefined, passes);
    assert.equal(JSON.stringify(out).includes("12ab"), false);
  }
});

Deno.test("redact: many colliding keys cost no more than many keys", async () => {
  const h = await withPolicy(rule("m", { action: "redact", detect: ["email"] }));
  h.agent(call(1));
  const users = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`user${i}@example.org`, i]),
  );
  const begun = performance.now();
  const { result } = lines(h.server(answer(1, { structuredContent: users })).agent)[0];
  assert.ok(performance.now() - begun < 2000);
  assert.equal(Object.keys(result.structuredContent).length, 5000);
});

Deno.test("redact: unknown members of a result are no protocol", async () => {
  const h = await withPolicy(redact());
  for (const key of ["id", "status", "uri", "mode", "level", "type", "method", "name"]) {
    h.agent(call(1));
    const got = answer(1, { toolResult: { user: { [key]: KEY } } });
    assert.equal(h.server(got).agent, got.replace(KEY, REDACTED), key);
  }
});

Deno.test("redact: a schema that would take for ever withholds the result", async () => {
  const h = await withPolicy(redact());
  const $defs = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`a${i}`, {
      allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }],
    }]),
  );
  const outputSchema = { $ref: "#/$defs/a0", $defs: { ...$defs, a40: {} } };
  h.agent('{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n');
  h.server(answer(1, { tools: [{ name: "t", outputSchema }] }));
  h.agent(call(2, "t"));
  const begun = performance.now();
  const { result } = lines(h.server(answer(2, { structuredContent: { a: KEY } })).agent)[0];
  assert.ok(performance.now() - begun < 1000);
  assert.equal(result.isError, true);
});

Deno.test("redact: a condition may ask for the result, and then has a say in what comes back only", async () => {
  const h = await withPolicy(
    redact({ condition: "result.level == 'private' and arguments.n == 1" }),
  );
  for (
    const [n, level, redacted] of [[1, "private", true], [1, "public", false], [
      2,
      "private",
      false,
    ]]
  ) {
    const sent = call(1, "t", { n, k: KEY });
    assert.equal(h.agent(sent).server, sent);
    const got = answer(1, { level, t: KEY });
    assert.equal(h.server(got).agent, redacted ? got.replace(KEY, REDACTED) : got);
  }
  const asks = rule("d", { action: "deny", condition: "result.level == 'private'" });
  await assert.rejects(withPolicy(asks), /only a redact rule can ask for the result/);
});

Deno.test("redact: odd answers are redacted like any other", async () => {
  const h = await withPolicy(redact());
  for (
    const [request, line] of [
      [call(1), `{"jsonrpc":"2.0","id":1,"result":{"t":"\u{1f600} ${KEY}"}}`],
      [call(1), `{"jsonrpc":"2.0","id":"1","result":{"t":"${KEY}"}}`],
      [call(1), `[{"jsonrpc":"2.0","id":1,"result":{"t":"${KEY}"}}]`],
      [call(1), `{"jsonrpc":"2.0","id":1,"result":{"a":1e999,"b":9007199254740993,"t":"${KEY}"}}`],
    ] as const
  ) {
    h.agent(request);
    assert.equal(h.server(line + "\n").agent, line.replace(KEY, REDACTED) + "\n");
    assert.equal(JSON.stringify(h.ended.at(-1)).includes(KEY), false);
  }
});

Deno.test("redact: conditions see the agent's name as it is, though its record is redacted", async () => {
  const h = await withPolicy(redact({ condition: "agent.name contains 'SECRET-'" }));
  const clientInfo = { name: `bot ${KEY}`, version: "1" };
  h.agent(
    JSON.stringify({ jsonrpc: "2.0", id: 9, method: "initialize", params: { clientInfo } }) + "\n",
  );
  const sent = call(1, "t", { k: KEY });
  assert.equal(h.agent(sent).server, sent.replace(KEY, REDACTED));
  h.server(answer(1));
  assert.equal(h.ended[0]?.client.agentName, `bot ${REDACTED}`);
});

Deno.test("redact: to the server, too, whatever the message: answers, params, _meta, updates of tasks", async () => {
  const h = await withPolicy(redact());
  h.server(
    '{"jsonrpc":"2.0","id":"e","method":"elicitation/create","params":{}}\n',
    '{"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{}}\n',
  );
  for (
    const message of [
      { jsonrpc: "2.0", id: "e", result: { action: "accept", content: { a: KEY } } },
      { jsonrpc: "2.0", id: "s", result: { content: { type: "text", text: KEY }, model: "m" } },
      { jsonrpc: "2.0", id: 6, method: "tasks/update", params: { inputResponses: { x: KEY } } },
      {
        jsonrpc: "2.0",
        id: 7,
        method: "prompts/get",
        params: { name: "p", arguments: { a: KEY } },
      },
      {
        jsonrpc: "2.0",
        id: 8,
        method: "completion/complete",
        params: { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: KEY } },
      },
      {
        jsonrpc: "2.0",
        method: "notifications/progress",
        params: { progressToken: 1, message: KEY },
      },
    ]
  ) {
    const text = JSON.stringify(message) + "\n";
    assert.equal(h.agent(text).server, text.replaceAll(KEY, REDACTED));
  }
  const _meta = {
    progressToken: KEY,
    "io.modelcontextprotocol/protocolVersion": KEY,
    "io.modelcontextprotocol/other": KEY,
    own: [KEY],
  };
  const sent = JSON.parse(
    h.agent(
      call(9, "t", {}).replace('"arguments":{}', `"arguments":{},"_meta":${JSON.stringify(_meta)}`),
    ).server,
  );
  assert.deepEqual(sent.params._meta, {
    ..._meta,
    "io.modelcontextprotocol/other": REDACTED,
    own: [REDACTED],
  });
});

Deno.test("redact: below the protocol's prefix in _meta stands what others say", async () => {
  const h = await withPolicy(redact());
  h.agent(call(1));
  const _meta = { "io.modelcontextprotocol/model-immediate-response": `see ${KEY}` };
  const got = answer(1, { task: { taskId: "t", status: "working" }, _meta });
  assert.equal(h.server(got).agent, got.replace(KEY, REDACTED));
});

Deno.test("redact: an answer about a task is redacted by every rule, whichever task the agent names", async () => {
  const h = await withPolicy(redact({ tool: "secret" }));
  h.agent(call(1, "other"));
  h.server(answer(1, { task: { taskId: "T", status: "working" } }));
  const tasks = [{ taskId: "S", status: "working", statusMessage: KEY }];
  for (const [id, method] of [[2, "tasks/list"], [3, "tasks/get"], [4, "tasks/result"]] as const) {
    h.agent(JSON.stringify({ jsonrpc: "2.0", id, method, params: { taskId: "T" } }) + "\n");
    assert.ok(
      !h.server(answer(id, { tasks, content: [{ type: "text", text: KEY }] })).agent.includes(KEY),
    );
  }
  assert.ok(!JSON.stringify([h.ended, h.amended]).includes(KEY));
});

Deno.test("redact: once ids have been forgotten, every rule is for every answer", async () => {
  const h = await withPolicy(redact({ tool: "secret" }));
  for (let id = 0; id <= MAX_RETIRED; id++) {
    h.agent(
      call(id, "secret"),
      `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}\n`,
    );
  }
  h.agent(call(0, "other"));
  assert.ok(!h.server(answer(0, { text: KEY })).agent.includes(KEY));
  assert.ok(!JSON.stringify(h.ended).includes(KEY));
});

Deno.test("redact: bytes that are no text are withheld when they hold it, in whichever encoding", async () => {
  const h = await withPolicy(redact());
  const latin = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
  const wide = (text: string, isBig: boolean) =>
    Uint8Array.from([...text].flatMap((c) => isBig ? [0, c.charCodeAt(0)] : [c.charCodeAt(0), 0]));
  const hidden = [
    latin(`caf\xe9 ${KEY}`),
    latin(`\x80\x81\xff${KEY}\0`),
    new Uint8Array([0xff, 0xfe, ...wide(KEY, false)]),
    new Uint8Array([0xfe, 0xff, ...wide(KEY, true)]),
  ];
  for (const bytes of hidden) {
    h.agent(call(1));
    const out = h.server(answer(1, { contents: [{ uri: "f", blob: bytes.toBase64() }] })).agent;
    assert.equal(
      JSON.parse(out).result.contents[0].blob,
      btoa("[withheld: it holds what the policy redacts]"),
    );
    assert.ok(!h.ended.at(-1)!.result!.includes(bytes.toBase64()));
  }
  const image = crypto.getRandomValues(new Uint8Array(50_000)).toBase64();
  h.agent(call(2));
  const got = answer(2, { content: [{ type: "image", data: image, mimeType: "image/png" }] });
  assert.equal(h.server(got).agent, got);
});

Deno.test("redact: base64 in the middle of a text is read, also base64url and data:", async () => {
  const h = await withPolicy(redact());
  const inner = `a text with ${KEY} inside??>>`, base64 = btoa(inner);
  for (
    const text of [
      `Authorization: Basic ${base64}`,
      `data:text/plain;base64,${base64}`,
      `x=${base64.replaceAll("+", "-").replaceAll("/", "_")}&y=1`,
      JSON.stringify({ blob: base64, deep: `see ${base64}` }),
    ]
  ) {
    h.agent(call(1, "t", { text }));
    const out = h.server(answer(1, { content: [{ type: "text", text }] })).agent;
    assert.ok(!out.includes(base64.slice(20, 40)), text);
    assert.ok(!JSON.stringify(h.ended.at(-1)).includes(base64.slice(20, 40)));
  }
  const plain = `/usr/local/lib/node_modules/some-package/dist/index.js sha256-${
    "A1b2".repeat(11)
  }=`;
  h.agent(call(2, "t", { plain }));
  assert.equal(h.server(answer(2, { plain })).agent, answer(2, { plain }));
});

Deno.test("redact: a key is known by its colon, also where lines end between them", async () => {
  const h = await withPolicy(redact());
  const blob = btoa(`text with ${KEY} inside`);
  const text = `{"blob"\n \r: "${blob}"}`;
  h.agent(call(1));
  assert.ok(
    !h.server(answer(1, { content: [{ type: "text", text }] })).agent.includes(blob.slice(12, 28)),
  );
});

Deno.test("redact: texts inside texts are counted, so that no message stops the line", async () => {
  const h = await withPolicy(redact());
  for (const text of ['{"', '{"a":"b"}', btoa("a text that is longer than it needs to be")]) {
    const list = Array.from({ length: PATTERN_BOUNDS.looks + 1 }, () => text);
    assert.equal(h.agent(call(1, "t", { list })).server, "", text);
  }
  const many = Array.from({ length: 400_000 }, () => "{}");
  assert.notEqual(h.agent(call(2, "t", { many })).server, "");
});

Deno.test("redact: of very many patterns, each is found in a long text", async () => {
  const rules = Array.from({ length: 150 }, (_, n) => `^(?i)key-${n}=\\w+$`);
  const h = await withPolicy(
    rules.map((pattern, n) => rule(`r${n}`, { action: "redact", pattern })).join(""),
  );
  const padding = "nothing to see here. ".repeat(400);
  h.agent(call(1));
  const list = [0, 7, 100, 127, 128, 149].map((n) => `KEY-${n}=abc`);
  const got = lines(h.server(answer(1, { structuredContent: [padding, ...list] })).agent)[0];
  assert.deepEqual(got.result.structuredContent, [padding, ...list.map(() => REDACTED)]);
});

Deno.test("redact: patterns of several rules are found in long texts, each as it is written", async () => {
  const rules = ["^SECRET-\\w+$", "(?i)hidden\\s+word", "\\AFIRST", "[a-z]{3}-end\\z"];
  const h = await withPolicy(
    rules.map((pattern, i) => rule(`r${i}`, { action: "redact", pattern })).join("") +
      rule("s", { action: "redact", detect: ["secrets"] }),
  );
  const padding = "nothing to see here. ".repeat(400);
  const list = [padding, KEY, `${padding}Hidden \t word`, `FIRST ${padding}`, `${padding}abc-end`];
  h.agent(call(1));
  const got = lines(h.server(answer(1, { structuredContent: { list } })).agent)[0];
  assert.deepEqual(got.result.structuredContent.list, [
    padding,
    REDACTED,
    `${padding}${REDACTED}`,
    `${REDACTED} ${padding}`,
    `${padding}${REDACTED}`,
  ]);
  for (const i of [1, 2, 3, 4]) {
    const one = await withPolicy(rule("r", { action: "redact", pattern: rules[i - 1] }));
    one.agent(call(1));
    const out = one.server(answer(1, { list: [list[i]] })).agent;
    assert.ok(out.includes(REDACTED), rules[i - 1]);
  }
});

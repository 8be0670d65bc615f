import assert from "node:assert/strict";
import type { Refusal } from "../../src/session/call.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { MAX_NAME_BYTES } from "../../src/wire/message.ts";
import { MAX_BATCH } from "../../src/wire/scan.ts";
import { MAX_OPEN_CHARS, MAX_OPEN_REQUESTS, MAX_RETIRED } from "../../src/session/requests.ts";
import { answer, call, Harness, lines, request } from "./harness.ts";

const denied: Refusal = { outcome: "denied", policyHit: "no-x", code: -32603, message: "no" };

/** A stage that refuses the tool `x` and writes down what it was told. */
function refusingStage(told: string[]): Stage {
  return {
    name: "policy",
    onRequest: (call) => call.tool === "x" ? denied : undefined,
    onMessage: (message, { call }) => {
      if (message.kind === "response") told.push(`answer ${call?.tool}`);
    },
    onEnd: (call) => void told.push(`end ${call.tool} ${call.end?.outcome}`),
  };
}

Deno.test("Session forwards the bytes that came, minus a CR", () => {
  const h = new Harness();
  const line =
    ' {"jsonrpc": "2.0","id" :1,"method":"x/y","params":{"n":1.0,"big":9007199254740993}} ';
  assert.equal(h.agent(line + "\n").server, line + "\n");
  const back = ' { "jsonrpc":"2.0","result":{"z":1,"a":1e2},"id":1}';
  assert.equal(h.server(back + "\r\n").agent, back + "\n");
});

Deno.test("Session records one call from request to answer", () => {
  const h = new Harness();
  h.agent(request(0, "initialize", {
    protocolVersion: "2025-11-25",
    clientInfo: { name: "tester", version: "1.2" },
  }));
  h.server(answer(0, { protocolVersion: "2025-06-18" }));
  const sent = call(1, "read", { path: "/a" });
  assert.equal(h.agent(sent).server, sent);
  h.nowMs += 25;
  const got = answer(1, { content: [{ type: "text", text: "hi" }] });
  assert.equal(h.server(got).agent, got);
  const [ended] = h.ended;
  assert.ok(ended);
  assert.equal(ended.outcome, "ok");
  assert.equal(ended.tool, "read");
  assert.equal(ended.arguments, '{"path":"/a"}');
  assert.equal(ended.result, '{"content":[{"type":"text","text":"hi"}]}');
  assert.equal(ended.latencyMs, 25);
  assert.equal(ended.requestBytes, sent.length - 1);
  assert.equal(ended.resultBytes, got.length - 1);
  assert.deepEqual(ended.client, {
    agentName: "tester",
    agentVersion: "1.2",
    protocolVersion: "2025-06-18",
  });
});

Deno.test("Session knows the agent of 2026-07-28 by each request's _meta", () => {
  const h = new Harness();
  const params = {
    name: "t",
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "modern", version: "2" },
    },
  };
  h.agent(request(1, "tools/call", params));
  h.server(answer(1));
  assert.deepEqual(h.ended[0]?.client, {
    agentName: "modern",
    agentVersion: "2",
    protocolVersion: "2026-07-28",
  });
});

Deno.test("Session tells errors, tool errors and tasks apart", () => {
  const h = new Harness();
  h.agent(call(1), call(2), call(3));
  h.server(
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"boom"}}\n',
    answer(2, { content: [], isError: true }),
    answer(3, { task: { taskId: "t1", status: "working" } }),
  );
  assert.deepEqual(h.ended.map((c) => c.outcome), ["error", "tool_error", "task"]);
  assert.equal(h.ended[0]?.detail, "-32000 boom");
  h.agent(request(4, "tasks/result", { taskId: "t1" }));
  h.server(answer(4, { content: [{ type: "text", text: "late" }] }));
  assert.equal(h.amended[0]?.id, h.ended[2]?.id);
  assert.equal(h.amended[0]?.outcome, "ok");
  assert.match(h.amended[0]?.result ?? "", /late/);
});

Deno.test("Session amends a task by tasks/get and notifications/tasks of 2026-07-28", () => {
  const h = new Harness();
  h.agent(call(1), call(2), call(3));
  for (const id of [1, 2, 3]) h.server(answer(id, { resultType: "task", taskId: `t${id}` }));
  h.agent(request(4, "tasks/get", { taskId: "t1" }));
  h.server(answer(4, { taskId: "t1", status: "working" }));
  assert.equal(h.amended.length, 0);
  h.agent(request(5, "tasks/get", { taskId: "t1" }));
  h.server(answer(5, { taskId: "t1", status: "completed", result: { isError: true } }));
  const notice = (params: unknown) =>
    JSON.stringify({ jsonrpc: "2.0", method: "notifications/tasks", params }) + "\n";
  h.server(notice({ taskId: "t2", status: "failed", error: { code: 1, message: "m" } }));
  h.server(notice({ taskId: "t3", status: "cancelled" }));
  assert.deepEqual(h.amended.map((c) => c.outcome), ["tool_error", "error", "cancelled"]);
});

Deno.test("Session amends a failed task again when its result passes by", () => {
  const h = new Harness();
  h.agent(call(1));
  h.server(answer(1, { task: { taskId: "t", status: "working" } }));
  const params = { taskId: "t", status: "failed", statusMessage: "disk full" };
  h.server(
    JSON.stringify({ jsonrpc: "2.0", method: "notifications/tasks/status", params }) + "\n",
  );
  h.agent(request(2, "tasks/result", { taskId: "t" }));
  h.server(answer(2, { content: [], isError: true }));
  h.agent(request(3, "tasks/result", { taskId: "t" }));
  h.server('{"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"gone"}}\n');
  assert.deepEqual(h.amended.map((c) => [c.outcome, c.detail]), [
    ["error", "disk full"],
    ["tool_error", null],
  ]);
});

Deno.test("Session correlates by direction: the same id both ways", () => {
  const h = new Harness();
  h.agent(call(1));
  const sampling = request(1, "sampling/createMessage", {});
  assert.equal(h.server(sampling).agent, sampling);
  const said = answer(1, { role: "assistant" });
  assert.equal(h.agent(said).server, said);
  assert.equal(h.session.openRequests.size, 1);
  h.server(answer(1));
  assert.equal(h.session.openRequests.size, 0);
});

Deno.test("Session correlates as clients coerce ids", () => {
  for (const id of ['"1"', '" 1 "', '"0x1"', '"1e0"']) {
    const h = new Harness();
    h.agent(call(1));
    const got = `{"jsonrpc":"2.0","id":${id},"result":{}}\n`;
    assert.equal(h.server(got).agent, got, id);
    assert.equal(h.ended[0]?.outcome, "ok");
  }
});

Deno.test("Session refuses an id that some parser takes for one in flight, however it is spelled", () => {
  for (const id of ["1", " 1 ", "0x1", "1e0", "+1", "1.0", "\uff11", "\u0661", "0_1"]) {
    for (const [first, second] of [[1, id], [id, 1]]) {
      const h = new Harness();
      h.agent(call(first!, "secret"));
      assert.equal(lines(h.agent(call(second!, "other")).agent)[0].error.code, -32600, String(id));
      assert.equal(lines(h.server(answer(second!, { of: "secret" })).agent).length, 1);
      assert.deepEqual(h.ended.map(({ tool, outcome }) => [tool, outcome]), [
        ["other", "malformed"],
        ["secret", "ok"],
      ]);
    }
  }
});

Deno.test("Session knows whose answer it is no more once it has forgotten ids", () => {
  const h = new Harness();
  const cancel = (requestId: number) =>
    JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } }) +
    "\n";
  for (let id = 0; id <= MAX_RETIRED; id++) h.agent(call(id, "secret"), cancel(id));
  assert.equal(h.session.openRequests.isUncertain, true);
});

Deno.test("Session drops an answer to nothing, and a second answer", () => {
  const h = new Harness();
  assert.deepEqual(h.server(answer(7)), { server: "", agent: "" });
  h.agent(call(1));
  h.server(answer(1));
  assert.deepEqual(h.server(answer(1)), { server: "", agent: "" });
  assert.deepEqual(h.agent(answer(1)), { server: "", agent: "" });
  assert.deepEqual(h.refused, Array(3).fill("an answer to nothing"));
  const orphan = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m"}}\n';
  assert.equal(h.server(orphan).agent, orphan);
});

Deno.test("Session refuses a request whose id is in flight, and records the call", () => {
  const h = new Harness();
  h.agent(call(1));
  const out = h.agent(call(1, "again"));
  assert.equal(out.server, "");
  assert.equal(lines(out.agent)[0].error.code, -32600);
  assert.deepEqual(h.ended.map((c) => [c.tool, c.outcome]), [["again", "malformed"]]);
  h.server(answer(1));
  assert.equal(h.ended[1]?.outcome, "ok");
});

Deno.test("Session refuses more open requests than it tracks", () => {
  const h = new Harness();
  for (let id = 0; id < MAX_OPEN_REQUESTS; id++) h.agent(request(id, "ping"));
  const out = h.agent(request("more", "ping"));
  assert.equal(out.server, "");
  assert.equal(lines(out.agent)[0].error.code, -31034);
  h.server(answer(5));
  assert.notEqual(h.agent(request("more", "ping")).server, "");
});

Deno.test("Session refuses more open requests when their ids and methods take too much", () => {
  const h = new Harness();
  const id = (n: number) => `${n}${"x".repeat(1000)}`;
  let open = 0;
  while (h.agent(request(id(open), "m".repeat(1000))).server !== "") open++;
  assert.equal(Math.abs(open - MAX_OPEN_CHARS / 2000) < 50, true, String(open));
  h.server(answer(id(5)));
  assert.notEqual(h.agent(request("more", "ping")).server, "");
});

Deno.test("Session ends a cancelled call once, and drops the late answer", () => {
  const h = new Harness();
  h.agent(call(1));
  const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}\n';
  assert.equal(h.agent(cancel).server, cancel);
  assert.equal(h.server(answer(1)).agent, "");
  assert.deepEqual(h.ended.map((c) => c.outcome), ["cancelled"]);
});

Deno.test("Session gives a call up after its timeout", () => {
  const h = new Harness({ callTimeoutMs: 2000 });
  h.agent(request(9, "resources/list"), call(1));
  h.nowMs += 1000;
  h.agent(call(2));
  assert.equal(h.context.deadlines.next, 3000);
  h.context.deadlines.expire();
  assert.deepEqual(h.take(), { server: "", agent: "" });
  h.nowMs += 1000;
  h.context.deadlines.expire();
  const out = h.take();
  assert.equal(lines(out.agent)[0].error.code, -31031);
  assert.equal(lines(out.agent)[0].id, 1);
  assert.deepEqual(lines(out.server)[0].params.requestId, 1);
  assert.equal(h.context.deadlines.next, 4000);
  assert.equal(h.server(answer(1)).agent, "");
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [["timed_out", "timeout"]]);
});

Deno.test("Session.endAll tells the agent that the server is gone", () => {
  const h = new Harness();
  h.agent(call(1), request(2, "tools/list"));
  h.session.endAll("server_gone", "SIGKILL");
  assert.deepEqual(lines(h.take().agent).map((m) => [m.id, m.error.code]), [
    [1, -31032],
    [2, -31032],
  ]);
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.detail]), [["server_gone", "SIGKILL"]]);
  h.session.endAll("server_gone", "again");
  assert.equal(h.ended.length, 1);
});

Deno.test("Session answers a malformed request with its id, and records a malformed call", () => {
  for (
    const [line, code] of [
      ['{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bash",}}', -32700],
      ['{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bash"}', -32700],
      [
        '{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x","name":"bash"}}',
        -32600,
      ],
      ['{"id":5,"method":"tools/call","params":{"name":"bash"}}', -32600],
      ['{"jsonrpc":"2.0","id":5,"Method":"TOOLS/CALL","params":{"name":"bash"}}', -32600],
      ['\ufeff{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bash"}}', -32700],
      ['{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bash","a":NaN}}', -32700],
      ['xx{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"bash"}}', -32700],
      [
        '{"method":"ping","params":{"x":\r{"jsonrpc":"2.0","id":5,"method":"tools/call",' +
        '"params":{"name":"bash"}}\r}}',
        -32700,
      ],
    ] as const
  ) {
    const h = new Harness();
    const out = h.agent(line + "\n");
    assert.equal(out.server, "", line);
    if (!line.includes("\r")) {
      assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[5, code]], line);
      assert.deepEqual(h.ended.map((c) => [c.outcome, c.policyHit]), [["malformed", "malformed"]]);
      assert.equal(h.ended[0]?.tool, "bash");
    }
    assert.equal(h.refused.length, 1);
    assert.equal(h.agent(call(6)).server, call(6));
  }
});

Deno.test("Session drops a call without an id", () => {
  const h = new Harness();
  const line = '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"bash"}}';
  assert.deepEqual(h.agent(line + "\n"), { server: "", agent: "" });
  assert.equal(h.ended[0]?.outcome, "malformed");
});

Deno.test("Session answers a request whose id it cannot take with the id null", () => {
  const ids = ["null", "true", "1.5", "9007199254740993", "[1]", "{}", `"${"x".repeat(1100)}"`];
  for (const id of [...ids, '1,"id":2']) {
    const h = new Harness();
    const out = h.agent(
      `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"t"}}\n`,
    );
    assert.equal(out.server, "", id);
    assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[null, -32600]], id);
    assert.equal(h.ended[0]?.outcome, "malformed");
  }
});

Deno.test("Session passes answers that no parser reads two ways, though they are not strict", () => {
  for (
    const line of [
      '{"jsonrpc":"2.0","id":1,"result":{},"error":null}',
      '{"jsonrpc":"2.0","id":1,"result":{},"serverTime":1,"_trace":{"a":[1]}}',
      '{"jsonrpc":"2.0","id":1,"result":{"a":"\\ud83d\\ude00 \\uD83D\\uDE00 \\u00e9"}}',
    ]
  ) {
    const h = new Harness();
    h.agent(call(1));
    assert.equal(h.server(line + "\n").agent, line + "\n");
    assert.equal(h.ended[0]?.outcome, "ok");
  }
  const h = new Harness();
  h.agent(call(1));
  h.server('{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":7,"message":"m"}}\n');
  assert.deepEqual([h.ended[0]?.outcome, h.ended[0]?.detail], ["error", "7 m"]);
});

Deno.test("Session keeps a server's broken line from the agent and tells who waits", () => {
  for (
    const line of [
      '{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":2}}',
      '{"jsonrpc":"2.0","id":1,"result":{"a":NaN}}',
      '{"jsonrpc":"2.0","id":1.0,"result":{}}',
      '{"jsonrpc":"2.0","result":{},"id":1,"Result":true}',
      '{"jsonrpc":"2.0","result":{},"id":1,"__proto__":{}}',
      '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}}',
      '{"jsonrpc":"2.0","id":1,"result":{"a":"x \\ud83d y"}}',
      '{"jsonrpc":"2.0","id":1,"result":{"a":"\\udcaf"}}',
      '{"jsonrpc":"2.0","id":1,"result":{"a":"\\ud83d\\ud83d\\ude00"}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":"x","message":"m"}}',
    ]
  ) {
    const h = new Harness();
    h.agent(call(1));
    const out = h.server(line + "\n");
    assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[1, -32603]], line);
    assert.equal(h.ended[0]?.outcome, "error");
  }
  const h = new Harness();
  assert.deepEqual(h.server("Listening on stdio\n"), { server: "", agent: "" });
});

Deno.test("Session refuses a line over the limit, either way, and lives on", () => {
  const h = new Harness({ maxMessageBytes: 400 });
  const big = call(1, "big", { text: "x".repeat(1000) });
  let out = h.agent(big);
  assert.equal(out.server, "");
  assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[1, -32600]]);
  assert.deepEqual(h.ended.map((c) => [c.outcome, c.tool, c.requestBytes]), [
    ["malformed", "big", big.length - 1],
  ]);
  h.agent(call(2));
  const late = `{"jsonrpc":"2.0","result":{"t":"${"x".repeat(5000)}"},"id":2}\n`;
  out = h.server(late.slice(0, 2000), late.slice(2000));
  assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[2, -32603]]);
  assert.equal(h.agent(call(3)).server, call(3));
});

Deno.test("Session passes a batch whole, or not at all", () => {
  const told: string[] = [];
  const h = new Harness({ stages: [refusingStage(told)] });
  const batch = (...parts: string[]) => `[${parts.map((p) => p.trim()).join(",")}]\n`;
  const good = batch(call(1, "a"), call(2, "b"), request(3, "ping"));
  assert.equal(h.agent(good).server, good);
  const got = batch(answer(1), answer(2), answer(3));
  assert.equal(h.server(got).agent, got);
  assert.deepEqual(h.ended.map((c) => c.outcome), ["ok", "ok"]);

  const out = h.agent(batch(call(4, "a"), call(5, "x"), request(6, "ping")));
  assert.equal(out.server, "");
  assert.deepEqual(
    lines(out.agent)[0].map((m: { id: number; error: { code: number } }) => [
      m.id,
      m.error.code,
    ]),
    [[4, -32600], [5, -32603], [6, -32600]],
  );
  assert.deepEqual(h.ended.slice(2).map((c) => [c.tool, c.outcome]), [
    ["x", "denied"],
    ["a", "denied"],
  ]);
  assert.deepEqual(told.slice(-1), ["end a denied"]);
  assert.equal(h.session.openRequests.size, 0);

  h.agent(call(8), call(9));
  const both = h.server(batch(answer(8), answer(8), answer(9)));
  assert.deepEqual(lines(both.agent).map((m) => [m.id, m.error.code]), [[8, -32603], [9, -32603]]);

  const twice = h.agent(batch(call(7, "a"), call(7, "b")));
  assert.equal(twice.server, "");
  assert.equal(lines(twice.agent)[0].length, 2);
});

Deno.test("Session walks stages there and back, and ends each once", () => {
  const told: string[] = [];
  const h = new Harness({ stages: [refusingStage(told)] });
  assert.deepEqual(lines(h.agent(call(1, "x")).agent)[0].error, { code: -32603, message: "no" });
  h.agent(call(2, "ok"));
  h.server(answer(2));
  h.agent(call(3, "gone"));
  h.session.endAll("server_gone", "test");
  assert.deepEqual(told, ["answer ok", "end ok ok", "end gone server_gone"]);
  assert.deepEqual(h.ended.map((c) => c.policyHit), ["no-x", null, null]);
});

Deno.test("Session fails closed when a stage throws, and survives a tap that does", () => {
  const faults: string[] = [];
  const h = new Harness({
    stages: [{
      name: "limits",
      onRequest: (call) => {
        if (call.tool === "in") throw new Error("in");
        return undefined;
      },
      onMessage: (message) => {
        if (message.kind === "response") throw new Error("out");
      },
    }],
    taps: [() => {
      throw new Error("tap");
    }],
    onFault: (where) => faults.push(where),
  });
  const refused = h.agent(call(1, "in"));
  assert.equal(refused.server, "");
  assert.equal(lines(refused.agent)[0].error.code, -32603);
  h.agent(call(2));
  assert.equal(lines(h.server(answer(2, { secret: 1 })).agent)[0].error.code, -32603);
  assert.ok(faults.includes("tap") && faults.includes("limits") && faults.includes("inspection"));
});

/** A stage that writes `*` over every `secret` in what passes, and over tool names in records. */
const redactingStage: Stage = {
  name: "redaction",
  onMessage(message) {
    const { scanner: { bytes }, element: { start, end } } = message;
    const text = new TextDecoder("latin1").decode(bytes.subarray(start, end));
    for (const found of text.matchAll(/secret/g)) {
      const at = start + found.index;
      message.edit(at, at + 6, new TextEncoder().encode("*"));
    }
    if (text.includes("refuse me")) throw new Error("too much");
  },
  onRecord: (_call, draft) => void (draft.tool = draft.tool.replaceAll("secret", "*")),
};

Deno.test("Session splices a stage's edits into what it forwards, either way and in batches", () => {
  const h = new Harness({ stages: [redactingStage] });
  const sent = call(1, "secret", { a: "secret secret", n: 1.0 });
  assert.equal(h.agent(sent.replace("\n", "\r\n")).server, sent.replaceAll("secret", "*"));
  const got = answer(1, { content: [], secret: "secret" });
  assert.equal(h.server(got).agent, got.replaceAll("secret", "*"));
  assert.equal(h.ended[0]?.tool, "*");
  const batch = `[${request(2, "ping", { x: "secret" }).trim()},${call(3, "b").trim()}]\n`;
  assert.equal(h.agent(batch).server, batch.replaceAll("secret", "*"));
  const notice = '{"jsonrpc":"2.0","method":"notifications/x","params":{"t":"secret"}}\n';
  assert.equal(h.server(notice).agent, notice.replaceAll("secret", "*"));
});

Deno.test("Session keeps back what a stage cannot inspect, and tells who waits", () => {
  const h = new Harness({ stages: [redactingStage] });
  const out = h.agent(call(1, "t", { a: "refuse me" }));
  assert.equal(out.server, "");
  assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[1, -32603]]);
  h.agent(call(2));
  const back = h.server(answer(2, { a: "refuse me" }));
  assert.deepEqual(lines(back.agent).map((m) => [m.id, m.error.code]), [[2, -32603]]);
  assert.deepEqual(h.ended.map((c) => c.outcome), ["error", "error"]);
  assert.equal(h.server('{"jsonrpc":"2.0","method":"n/x","params":{"t":"refuse me"}}\n').agent, "");
  assert.equal(h.session.openRequests.size, 0);
});

Deno.test("Session passes no message that edits have made too long, and tells who waits", () => {
  const growing: Stage = {
    name: "redaction",
    onMessage(message) {
      const at = message.element.start + 1;
      message.edit(at, at, new TextEncoder().encode(" ".repeat(500)));
    },
  };
  const h = new Harness({ stages: [growing], maxMessageBytes: 700 });
  assert.notEqual(h.agent(call(1, "t", { a: "a" })).server, "");
  assert.equal(h.agent(call(2, "t", { a: "a".repeat(150) })).server, "");
  const back = h.server(answer(1, { a: "a".repeat(300) }));
  assert.deepEqual(lines(back.agent).map((m) => [m.id, m.error.code]), [[1, -32603]]);
  assert.deepEqual(h.ended.map((c) => c.outcome), ["error", "error"]);
  assert.equal(h.session.openRequests.size, 0);
});

Deno.test("Session survives a batch that cancels a call of its own", () => {
  const h = new Harness();
  const cancel = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
  const batch = `[${cancel},${call(1).trim()}]\n`;
  assert.equal(h.agent(batch).server, batch);
  assert.deepEqual(h.ended.map((c) => c.outcome), ["cancelled"]);
  assert.notEqual(h.agent(call(2)).server, "");
});

Deno.test("Session lets a log line of the server fail nobody, whatever it speaks of", () => {
  const h = new Harness();
  h.agent(call(1));
  for (
    const line of [
      '{"level":"info","id":1,"msg":"handling"}',
      '{"level":"info","id":1,"method":"tools/call","msg":"handling"}',
    ]
  ) assert.deepEqual(h.server(line + "\n"), { server: "", agent: "" }, line);
  assert.equal(h.server(answer(1)).agent, answer(1));
  assert.deepEqual(h.ended.map((c) => c.outcome), ["ok"]);
});

Deno.test("Session tells plain lines of the server from messages that went wrong", () => {
  const plain: string[] = [], refused: string[] = [];
  const h = new Harness({
    taps: [(event) => {
      const text = "line" in event ? new TextDecoder().decode(event.line ?? undefined) : "";
      if (event.type === "server_printed") plain.push(text);
      if (event.type === "message_refused") refused.push(text);
    }],
  });
  const printed = [
    "Listening on stdio",
    "  [INFO] ready",
    "[2026-11-25] up",
    "\x1b[1m{}",
    "0",
    '"a"',
  ];
  const broken = ["{oops", " [ {oops", "[]", "\ufeff{}", '{"level":30,"msg":"hi"}'];
  for (const line of [...printed, ...broken]) {
    assert.deepEqual(h.server(line + "\n"), { server: "", agent: "" }, line);
  }
  h.server("the last words");
  h.exchange.end("to_agent");
  assert.deepEqual(plain, [...printed, "the last words"]);
  assert.deepEqual(refused, broken.map((line) => line.replace("\ufeff", "")));
  // What the agent says is never taken for a print.
  h.agent("Listening\n");
  assert.equal(refused.at(-1), "Listening");
});

Deno.test("Session fails a call whose answer stands behind a print", () => {
  const h = new Harness();
  h.agent(call(1));
  const out = h.server("Loading ... " + answer(1));
  assert.deepEqual(lines(out.agent).map((m) => [m.id, m.error.code]), [[1, -32603]]);
});

Deno.test("Session takes a cancellation for what a strict server takes it for", () => {
  const h = new Harness();
  h.agent(call(1, "secret"));
  h.agent('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}}\n');
  assert.equal(lines(h.agent(call(1, "harmless")).agent)[0].error.code, -32600);
  assert.equal(lines(h.server(answer(1, { secret: true })).agent).length, 1);
  assert.deepEqual(h.ended.map((c) => [c.tool, c.outcome]), [
    ["harmless", "malformed"],
    ["secret", "ok"],
  ]);
});

Deno.test("Session does not take a late answer for another call's", () => {
  const h = new Harness();
  h.agent(call(1, "secret"));
  h.agent('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}\n');
  assert.equal(lines(h.agent(call(1, "harmless")).agent)[0].error.code, -32600);
  assert.equal(h.server(answer(1, { secret: true })).agent, "");
  assert.notEqual(h.agent(call(1, "harmless")).server, "");
  h.server(answer(1));
  assert.deepEqual(h.ended.map((c) => [c.tool, c.outcome]), [
    ["secret", "cancelled"],
    ["harmless", "malformed"],
    ["harmless", "ok"],
  ]);
});

Deno.test("Session takes a result for what it is, whatever stands beside it", () => {
  const h = new Harness();
  h.agent(call(1), call(2));
  h.server(answer(1, { content: [], task: null }));
  h.server(answer(2, { resultType: "task", taskId: "t" }));
  h.agent(request(3, "tasks/get", { taskId: "t" }));
  const result = { isError: true, content: "x".repeat(100_000) };
  h.server(answer(3, { taskId: "t", status: "completed", result }));
  assert.deepEqual(h.ended.map((c) => c.outcome), ["ok", "task"]);
  assert.equal(h.amended[0]?.outcome, "tool_error");
});

Deno.test("Session refuses ids, methods and names longer than MAX_NAME_BYTES", () => {
  for (
    const [length, passes] of [[MAX_NAME_BYTES - 2, true], [MAX_NAME_BYTES - 1, false]] as const
  ) {
    const long = "x".repeat(length);
    const h = new Harness();
    for (const line of [call(long), call(1, long), request(2, long)]) {
      assert.equal(h.agent(line).server !== "", passes, line.slice(0, 60));
    }
  }
});

Deno.test("Session takes MAX_BATCH messages in a batch and refuses one more", () => {
  for (const [length, passes] of [[MAX_BATCH, true], [MAX_BATCH + 1, false]] as const) {
    const h = new Harness();
    const ids = Array.from({ length }, (_, id) => request(id, "ping").trim());
    assert.equal(h.agent(`[${ids.join()}]\n`).server !== "", passes);
  }
});

Deno.test("Session says whose text is not UTF-8, and at which byte; whoever waits is told", () => {
  const h = new Harness({});
  h.agent(call(1));
  const bytes = new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"result":{"x":"caf\u00e9"}}\n');
  const at = bytes.indexOf(0xc3);
  const latin1 = Uint8Array.from([...bytes.subarray(0, at), 0xe9, ...bytes.subarray(at + 2)]);
  const { id, error } = lines(h.server(latin1).agent)[0];
  assert.equal(id, 1);
  assert.match(error.message, new RegExp(`the server sent text that is not UTF-8, byte ${at}\\)`));
  assert.equal(h.ended[0]?.outcome, "error");
});

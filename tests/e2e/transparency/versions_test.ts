import assert from "node:assert/strict";
import { CLIENT_INFO } from "./agent.ts";
import { connectRaw, type RawAgent } from "./client_raw.ts";
import { assertTransparent, npmServer, type Scenario, script, type Step } from "./compare.ts";
import { gatewayTest } from "../transports.ts";

function request(id: number | string, method: string, params: unknown = {}): object {
  return { jsonrpc: "2.0", id, method, params };
}

function call(
  id: number | string,
  name: string,
  args: Record<string, unknown> = {},
  more: object = {},
): object {
  return request(id, "tools/call", { name, arguments: args, ...more });
}

function exchange(name: string, messages: (object | string)[], lines?: number): Step<RawAgent> {
  return { name, run: (agent) => agent.exchange(messages, lines) };
}

function handshake(protocolVersion: string): Step<RawAgent>[] {
  const params = { protocolVersion, capabilities: {}, clientInfo: CLIENT_INFO };
  return [
    exchange("initialize", [request(0, "initialize", params)]),
    exchange("initialized", [{ jsonrpc: "2.0", method: "notifications/initialized" }], 0),
  ];
}

/** Text that a proxy which parses and writes anew would not give back. */
const ODD_LINES = [
  String.raw`{ "id" : "p\u00e9-1" ,	"method":"p\u0069ng", "jsonrpc":"2.0" , "params":{ } }`,
  '{"jsonrpc":"2.0","id":12,"method":"ping","params":{"_meta":{"a":1.0,"b":1e2,"c":12345678901234567890,"2":0,"1":-0}}}',
];

const VERSIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

function oneVersion(protocolVersion: string): Scenario<RawAgent> {
  return {
    server: () => npmServer("everything", "stdio"),
    steps: [
      ...handshake(protocolVersion),
      // The tools that are there from the start: of the others the server tells when it likes.
      {
        name: "tools/list",
        run: async (agent) => {
          const lines = await agent.exchange([request(1, "tools/list")], 2);
          return lines.toSorted();
        },
      },
      exchange("tools/call", [call(2, "echo", { message: `in ${protocolVersion}` })]),
      exchange("an error of the tool", [call("three", "get-sum", { a: "one" })]),
      exchange("oddly written lines", ODD_LINES),
      exchange("many at once", [4, 5, 6, 7].map((id) => call(id, "get-sum", { a: id, b: 1 }))),
    ],
    outcomes: ["ok", "tool_error"],
    uncalled: "any",
  };
}

for (const version of VERSIONS) {
  gatewayTest(`a raw ${version} session is the same through the gateway`, async () => {
    const rows = await assertTransparent(oneVersion(version), connectRaw);
    assert.deepEqual([...new Set(rows.map((row) => row.protocol_version))], [version]);
  });
}

gatewayTest(
  "the version that a server settles on is recorded, not the one it was asked for",
  async () => {
    const rows = await assertTransparent(oneVersion("2099-01-01"), connectRaw);
    assert.deepEqual([...new Set(rows.map((row) => row.protocol_version))], ["2025-11-25"]);
  },
);

gatewayTest("batches of 2025-03-26 pass through the gateway as they are", async () => {
  await assertTransparent({
    server: () => script("raw_server.ts"),
    steps: [
      ...handshake("2025-03-26"),
      exchange("a batch of everything", [[
        call(1, "echo", { a: 1 }),
        {
          jsonrpc: "2.0",
          method: "notifications/progress",
          params: { progressToken: 9, progress: 1 },
        },
        request("two", "ping"),
        call("three", "fail"),
        call(4, "error"),
        call(5, "progress", {}, { _meta: { progressToken: "p" } }),
      ]], 1),
      exchange("a batch of one", [[call(6, "echo")]], 1),
      exchange("an oddly written batch", [` [ ${ODD_LINES.join(" , ")} ]`], 1),
    ],
    outcomes: ["error", "ok", "tool_error"],
  }, connectRaw);
});

gatewayTest("oddly written lines of a server pass through the gateway as they are", async () => {
  await assertTransparent({
    server: () => script("raw_server.ts"),
    steps: [
      ...handshake("2025-06-18"),
      exchange("odd lines", [request(1, "odd")], 3),
      exchange("an odd answer", ['{ "result":{ "x":1.50 } , "id":"s-1", "jsonrpc":"2.0"}'], 0),
      exchange("an answer after that", [call(2, "echo")]),
    ],
    outcomes: ["ok"],
  }, connectRaw);
});

const MODERN = "2026-07-28";

function envelope(clientInfo: object = CLIENT_INFO): object {
  return {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": MODERN,
      "io.modelcontextprotocol/clientInfo": clientInfo,
      "io.modelcontextprotocol/clientCapabilities": {
        extensions: { "io.modelcontextprotocol/tasks": {} },
      },
    },
  };
}

function getTask(id: number, taskId: string): object {
  return request(id, "tasks/get", { taskId, ...envelope() });
}

gatewayTest("tasks of the 2026-07-28 extension are the same through the gateway", async () => {
  const rows = await assertTransparent({
    server: () => script("raw_server.ts"),
    steps: [
      exchange("completed", [call(1, "completed", {}, envelope())]),
      exchange("completed: at work", [getTask(2, "completed")]),
      exchange("completed: its end", [getTask(3, "completed"), getTask(4, "completed")]),
      exchange("failed", [
        call(5, "failed", {}, envelope()),
        getTask(6, "failed"),
        getTask(7, "failed"),
      ]),
      exchange("cancelled", [
        call(8, "cancelled", {}, envelope()),
        request(9, "tasks/cancel", { taskId: "cancelled", ...envelope() }),
        getTask(10, "cancelled"),
        getTask(11, "cancelled"),
      ]),
      exchange("told by a notification", [call(12, "told", {}, envelope())], 2),
      exchange("not waited for", [call(13, "open", {}, envelope())]),
    ],
    outcomes: ["cancelled", "error", "ok", "task", "tool_error"],
  }, connectRaw);
  assert.ok(rows.every((row) => row.protocol_version === MODERN));
});

gatewayTest("each call of 2026-07-28 is recorded with the agent that its _meta names", async () => {
  const rows = await assertTransparent({
    server: () => script("raw_server.ts"),
    steps: [
      exchange("one agent", [call(1, "echo", {}, envelope({ name: "one", version: "1" }))]),
      exchange("another", [call(2, "echo", {}, envelope({ name: "two", version: "2-β" }))]),
      exchange("the first", [call(3, "echo", {}, envelope({ name: "one", version: "1" }))]),
    ],
    outcomes: ["ok"],
  }, connectRaw);
  assert.deepEqual(rows.map((row) => row.agent_id), ["one", "two", "one"]);
});

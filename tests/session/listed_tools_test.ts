import assert from "node:assert/strict";
import type { ListedTool } from "../../src/session/facts.ts";
import { answer, Harness, request } from "./harness.ts";

/** What is told of the tools in the answer to a request. */
function listed(result: unknown, method = "tools/list"): ListedTool[] {
  const tools: ListedTool[] = [];
  const h = new Harness({
    taps: [(event) => {
      if (event.type === "tools_listed") tools.push(...event.tools);
    }],
  });
  h.agent(request(1, method));
  const line = answer(1, result);
  assert.equal(h.server(line).agent, line);
  return tools;
}

Deno.test("a list of tools is told with the names of their arguments", () => {
  const properties = { 'a "quoted" name': {}, "plain": { properties: { inner: {} } } };
  const tools = [
    { name: "reads", inputSchema: { type: "object", properties } },
    { name: "tells", inputSchema: { properties: {} } },
    { name: "says nothing" },
  ];
  const bytes = (n: number) => JSON.stringify(tools[n]).length;
  assert.deepEqual(listed({ tools }), [
    { name: "reads", bytes: bytes(0), arguments: ['a "quoted" name', "plain"] },
    { name: "tells", bytes: bytes(1), arguments: [] },
    { name: "says nothing", bytes: bytes(2), arguments: undefined },
  ]);
});

Deno.test("what is no list of tools is not told as one", () => {
  assert.deepEqual(listed({ tools: [{ name: "x" }] }, "tools/other"), []);
  for (const tools of [{}, null, "x", [], [7, null, [], {}, { name: 7 }]]) {
    assert.deepEqual(listed({ tools }), []);
  }
});

Deno.test("odd schemas tell no names of arguments", () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`a${n}`, {}]));
  const long = { ["x".repeat(5000)]: {} };
  for (
    const inputSchema of [7, [], {}, { properties: 7 }, { properties: many }, { properties: long }]
  ) {
    assert.equal(listed({ tools: [{ name: "odd", inputSchema }] })[0]!.arguments, undefined);
  }
});

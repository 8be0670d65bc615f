import assert from "node:assert/strict";
import {
  MAX_CATALOGUE_CHARS,
  MAX_TOOL_CHARS,
  MAX_TOOLS,
  ToolCatalogue,
} from "../../src/policy/catalogue.ts";

const encoder = new TextEncoder();

/** Has a catalogue learn an element of `tools`. */
function learn(catalogue: ToolCatalogue, tool: unknown): string | null {
  const bytes = encoder.encode(` ${JSON.stringify(tool)} `);
  return catalogue.learn(bytes, 1, bytes.length - 1);
}

const tool = (name: string, chars = 0) => ({ name, annotations: { x: "y".repeat(chars) } });

Deno.test("ToolCatalogue learns what conditions and schemas ask for", () => {
  let schemas = 0;
  const catalogue = new ToolCatalogue(() => schemas++);
  const full = {
    description: 'a "name": {}',
    inputSchema: { properties: { name: {}, annotations: {} } },
    name: "read",
    annotations: { readOnlyHint: true },
    outputSchema: { type: "object" },
  };
  assert.equal(learn(catalogue, full), "read");
  assert.deepEqual(catalogue.annotationsOf("read"), { readOnlyHint: true });
  assert.equal(catalogue.outputSchemaOf("read"), '{"type":"object"}');
  assert.equal(schemas, 1);
  assert.equal(learn(catalogue, { name: "plain" }), "plain");
  assert.equal(catalogue.annotationsOf("plain"), undefined);
  for (const odd of [{}, { name: 7 }, [], null, "name"]) assert.equal(learn(catalogue, odd), null);
});

Deno.test("ToolCatalogue reads keys as every reader does, escapes and blanks, too", () => {
  const bytes = encoder.encode('{ "n\\u0061me" : "x" , "annotations" :{"a":1} }');
  const catalogue = new ToolCatalogue();
  assert.equal(catalogue.learn(bytes, 0, bytes.length), "x");
  assert.deepEqual(catalogue.annotationsOf("x"), { a: 1 });
});

Deno.test("ToolCatalogue remembers so many tools, and forgets the oldest for more", () => {
  const catalogue = new ToolCatalogue();
  for (let i = 0; i <= MAX_TOOLS; i++) learn(catalogue, tool(`t${i}`));
  const known = catalogue.hidden(() => true).split("\n");
  assert.equal(known.length, MAX_TOOLS);
  assert.equal(catalogue.annotationsOf("t0"), undefined);
  assert.deepEqual(catalogue.annotationsOf(`t${MAX_TOOLS}`), { x: "" });
});

Deno.test("ToolCatalogue remembers so much of a tool and no more, and gives its name all the same", () => {
  const catalogue = new ToolCatalogue();
  const overhead = "t".length + '{"x":""}'.length;
  assert.equal(learn(catalogue, tool("t", MAX_TOOL_CHARS - overhead)), "t");
  assert.notEqual(catalogue.annotationsOf("t"), undefined);
  assert.equal(learn(catalogue, tool("t", MAX_TOOL_CHARS - overhead + 1)), "t");
  assert.equal(catalogue.annotationsOf("t"), undefined);
});

Deno.test("ToolCatalogue holds so much of all tools and no more", () => {
  const catalogue = new ToolCatalogue();
  const count = 2 * MAX_CATALOGUE_CHARS / MAX_TOOL_CHARS;
  for (let i = 0; i < count; i++) learn(catalogue, tool(`t${i}`, MAX_TOOL_CHARS - 100));
  const known = catalogue.hidden(() => true).split("\n");
  assert.equal(known.length, count / 2);
  assert.ok(known.includes(`t${count - 1}`) && !known.includes("t0"));
  // The same again takes no more room.
  for (let i = 0; i < 100; i++) learn(catalogue, tool(`t${count - 1}`, MAX_TOOL_CHARS - 100));
  assert.equal(catalogue.hidden(() => true).split("\n").length, count / 2);
});

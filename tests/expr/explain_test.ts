/** What an explanation tells. */

import assert from "node:assert/strict";
import { EXPR_BOUNDS } from "../../src/expr/bounds.ts";
import { preview } from "../../src/expr/explain.ts";
import { condition } from "./harness.ts";

Deno.test("explain tells the answer of each part and the value it saw", () => {
  const asked = condition(
    `( arguments.command  matches "rm" or !exists(arguments.x)) and time.hour<9`,
  );
  assert.deepEqual(asked.explain({ arguments: { command: ["ls", "rm"] }, hour: 3 }), {
    text: "(arguments.command matches 'rm' or not exists(arguments.x)) and time.hour < 9",
    result: "true",
    children: [
      {
        text: "arguments.command matches 'rm' or not exists(arguments.x)",
        result: "true",
        children: [
          {
            text: "arguments.command matches 'rm'",
            result: "partly",
            values: [{ text: "arguments.command", value: '["ls","rm"]' }],
          },
          {
            text: "not exists(arguments.x)",
            result: "true",
            children: [{
              text: "exists(arguments.x)",
              result: "false",
              values: [{ text: "arguments.x", value: undefined }],
            }],
          },
        ],
      },
      { text: "time.hour < 9", result: "true", values: [{ text: "time.hour", value: "3" }] },
    ],
  });
});

Deno.test("explain shows both values of a comparison of two, and a length as a number", () => {
  const { values } = condition("len(arguments.a) == arguments.b")
    .explain({ arguments: { a: "four", b: 4 } });
  assert.deepEqual(values, [
    { text: "len(arguments.a)", value: "4" },
    { text: "arguments.b", value: "4" },
  ]);
  assert.equal(condition("true").explain({}).values, undefined);
});

Deno.test("preview shows a value as JSON, up to its bound", () => {
  const value = { a: [1, "x", null, true], "b c": {} };
  assert.equal(preview(value), JSON.stringify(value));
  const n = EXPR_BOUNDS.previewChars;
  const exact = "x".repeat(n - 2), over = "x".repeat(n - 1);
  assert.equal(preview(exact), JSON.stringify(exact));
  assert.equal(preview(over), `"${"x".repeat(n - 2)}…`);
  const exactList = Array((n - 2) / 2 + 0.5 | 0).fill(1);
  assert.equal(preview(exactList), JSON.stringify(exactList));
  assert.equal(preview([...exactList, 1, 1]).length, n);
});

Deno.test("preview builds no more than it shows, and leaves no half of a pair", () => {
  const started = performance.now();
  const large = Array.from({ length: 10 }, () => "y".repeat(1_000_000));
  assert.equal(preview({ large }).length, EXPR_BOUNDS.previewChars);
  const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));
  assert.equal(preview(deep), `${"[".repeat(EXPR_BOUNDS.previewChars - 1)}…`);
  assert.ok(performance.now() - started < 200);
  for (let pad = 0; pad < 4; pad++) {
    assert.ok(preview(`${"x".repeat(pad)}${"🎉".repeat(200)}`).isWellFormed());
  }
});

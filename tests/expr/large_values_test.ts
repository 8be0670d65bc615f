/** What a condition says of values that are large, deep or nested in strings. */

import assert from "node:assert/strict";
import { EXPR_BOUNDS } from "../../src/expr/bounds.ts";
import { about } from "./harness.ts";

Deno.test("Condition opens JSON texts inside JSON texts up to its bound, then says partly", () => {
  const nested = (levels: number): string => {
    let text = "rm";
    for (let i = 0; i < levels; i++) text = JSON.stringify([text]);
    return text;
  };
  const clean = "arguments.x matches '^nothing$'";
  for (
    const source of [clean, "arguments.x == 'nothing'", "arguments.x contains_pattern '^nothing$'"]
  ) {
    assert.equal(about(nested(EXPR_BOUNDS.jsonLevels), source), "false", source);
    assert.equal(about(nested(EXPR_BOUNDS.jsonLevels + 1), source), "partly", source);
    assert.equal(about(nested(EXPR_BOUNDS.jsonLevels), source.replace("nothing", "rm")), "partly");
  }
});

Deno.test("Condition looks into as many JSON texts as its bound says, then says partly", () => {
  const n = EXPR_BOUNDS.jsonTexts;
  for (const text of ["[none", "[1x]", '["none"]']) {
    for (
      const source of [
        "arguments.x matches '^nothing$'",
        "arguments.x == 'nothing'",
        "arguments.x in [5]",
        "arguments.x contains_pattern '^nothing$'",
      ]
    ) {
      const tried = text.endsWith("]");
      assert.equal(about(Array(n).fill(text), source), "false", source);
      assert.equal(about(Array(n + 1).fill(text), source), tried ? "partly" : "false", source);
      assert.equal(about(Array(n + 1).fill(text), `not ${source}`), tried ? "partly" : "true");
    }
  }
  const started = performance.now();
  about(Array(1_000_000).fill("[1x]"), "arguments.x == 5");
  assert.ok(performance.now() - started < 3000);
});

Deno.test("Condition looks through large and deep values without the stack", () => {
  const deep = JSON.parse(`${"[".repeat(100_000)}"rm"${"]".repeat(100_000)}`);
  assert.equal(about(deep, "arguments.x matches '^rm$'"), "true");
  assert.equal(about(deep, "arguments.x == 'rm'"), "true");
  const inside = `${'{"a":'.repeat(50_000)}"rm"${"}".repeat(50_000)}`;
  assert.equal(about(inside, "arguments.x matches '^rm$'"), "partly");
  assert.equal(about(inside, "arguments.x contains_pattern '^rm$'"), "partly");
  // An object with a key like this sends V8's JSON.stringify down the path that recurses.
  const recursing = inside.replaceAll('"a"', '"0"');
  assert.equal(
    about(recursing, "arguments.x contains_pattern '^none$'"),
    "partly",
    "too deep to say",
  );
  const wide = Array.from({ length: 400_000 }, (_, i) => ({ name: `value ${i}` }));
  assert.equal(about(wide, "arguments.x matches 'no such value'"), "false");
  assert.equal(about(wide, "arguments contains_pattern 'value 399999$'"), "true");
  const long = "x".repeat(10_000_000);
  for (const source of ["matches 'y'", "== 9", "contains 'y'", "< 9", "contains_pattern 'y'"]) {
    assert.equal(about(long, `arguments.x ${source}`), "false", source);
    assert.equal(about([long, [long]], `arguments.x ${source}`), "false", source);
  }
});

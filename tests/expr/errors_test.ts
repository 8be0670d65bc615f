/** What is wrong with a condition, and where: all of it at once. */

import assert from "node:assert/strict";
import { EXPR_BOUNDS } from "../../src/expr/bounds.ts";
import { condition, errors } from "./harness.ts";

/** The errors, each with the text it points at. */
function pointed(source: string): [string, string][] {
  return errors(source).map(({ message, offset, length }) => [
    source.slice(offset, offset + length),
    message,
  ]);
}

/** A condition with one error: the text it points at, and a part of its message. */
const SINGLE: readonly [source: string, at: string, message: RegExp][] = [
  ["arguments.a = 1", "=", /`=` is written `==`/],
  ["arguments.a === 1", "===", /written `==`/],
  ["arguments.a <> 1", "<>", /written `!=`/],
  ["arguments.a => 1", "=>", /written `>=`/],
  ["arguments.a ~= 'x'", "~=", /written `matches`/],
  ["arguments.a !~ 'x'", "!~", /`not … matches`/],
  ["arguments.a && flag", "&&", /written `and`/],
  ["arguments.a || flag", "||", /written `or`/],
  ["arguments.a AND flag", "AND", /`AND` is written `and`/],
  ["arguments.a MATCHES 'x'", "MATCHES", /written `matches`/],
  ["arguments.a match 'x'", "match", /not an operator; did you mean `matches`\?/],
  ["arguments.a == 'x", "'", /never closed.*"double quotes"/],
  ['arguments.a == "x', '"', /never closed$/],
  ['arguments.a matches "rm\\s"', "\\s", /not an escape; in 'single quotes'/],
  ['arguments.a == "\\u12"', "\\u", /not an escape/],
  ['arguments.a == "a\nb"', "\n", /control character/],
  ["arguments.a == “x", "“", /not a quote/],
  ["arguments.file-name == 1", "-", /\["in-quotes"\]/],
  ["arguments.a == 1 # no", "#", /no meaning here/],
  ["arguments.a == 🎉", "🎉", /no meaning here/],
  ["arguments.a == 01", "01", /not a number/],
  ["arguments.a == 9am", "9am", /not a number/],
  ["arguments.a == 1e999", "1e999", /too large/],
  ["arguments.a == 9007199254740992", "9007199254740992", /stop being exact/],
  ["arguments.a == -9007199254740992", "-9007199254740992", /stop being exact/],
  ["arguments.0 == 1", "0", /written \[0\]/],
  ["arguments[-1] == 1", "-1", /position, 0 or more/],
  ["arguments[a] == 1", "a", /key in quotes/],
  ["arguments[0 == 1", "==", /expected \]/],
  ["arguments. == 1", "==", /name after the dot/],
  ["(arguments.a == 1", "(", /never closed/],
  ["arguments.a == 1)", ")", /no \( that this \) closes/],
  ["arguments.a ==", "", /ends where a value/],
  ["== 1", "==", /expected a value before `==`/],
  ["not", "", /ends where a value/],
  ["arguments.a and", "", /ends where a value/],
  ["1 < time.hour < 3", "<", /do not chain/],
  ["arguments.a == 1 arguments.b", "arguments", /expected `and`, `or` or the end/],
  ["size(arguments.a) == 1", "size", /no function `size`; there are/],
  ["lenn(arguments.a) == 1", "lenn", /did you mean `len`/],
  ["exists('a')", "'a'", /asks for a path/],
  ["exists(arguments.a == 1)", "==", /expected \)/],
  ["len([1]) == 1", "[1]", /asks for a path/],
  ["len(time.hour) == 1", "time.hour", /`len` needs a string or a list/],
  ["argument.a == 1", "argument.a", /did you mean `arguments`\?/],
  ["time.hours == 1", "time.hours", /did you mean `time.hour`\?/],
  ["tool == 'x'", "tool", /there is tool.name$/],
  ["xyz == 1", "xyz", /there is arguments, tool.name/],
  ["time.hour.x == 1", "time.hour.x", /is a number: nothing lies below/],
  ["result.a == 1", "result.a", /`result`: only rules that look at results/],
  ["time.hour < 'x'", "time.hour < 'x'", /is a number and `'x'` is a string/],
  ["time.hour == '9'", "time.hour == '9'", /cannot compare/],
  ["time.hour == null", "time.hour == null", /cannot compare/],
  ["arguments.a < true", "true", /needs a string or a number/],
  ["time.hour matches '9'", "time.hour", /`matches` needs a string/],
  ["arguments.a matches 9", "9", /needs a pattern in quotes/],
  ["arguments.a matches arguments.b", "arguments.b", /needs a pattern in quotes/],
  ["'a' matches arguments.b", "'a'", /needs a path on its left|needs a pattern/],
  ["arguments.a contains 5", "5", /needs a string/],
  ["arguments.a in 5", "5", /needs a list/],
  ["'x' in arguments.a", "arguments.a", /needs a list.*contains/],
  ["arguments.a in []", "[]", /empty list/],
  ["time.hour in [1, 'x']", "'x'", /is a string, but `time.hour` is a number/],
  ["arguments.a in [arguments.b]", "arguments", /expected a string, a number/],
  ["arguments.a == [1]", "[1]", /takes no list/],
  ["1 == 1", "1 == 1", /two constants/],
  ["1 in [1]", "1 in [1]", /two constants/],
  ["time.hour", "time.hour", /is a number, not a condition/],
  ["not tool.name", "tool.name", /is a string, not a condition/],
  ["'x'", "'x'", /is a string, not a condition/],
  ["null", "null", /is null, not a condition/],
  ["(flag and flag) == true", "flag and flag", /a condition is not a value/],
  ["exists(arguments.a) == true", "exists(arguments.a)", /a condition is not a value/],
];

for (const [source, at, message] of SINGLE) {
  Deno.test(`compileCondition refuses ${JSON.stringify(source)}`, () => {
    const found = pointed(source);
    assert.equal(found.length, 1, JSON.stringify(found));
    assert.equal(found[0]![0], at);
    assert.match(found[0]![1], message);
  });
}

Deno.test("compileCondition refuses an empty condition", () => {
  for (const source of ["", "  \n\t"]) {
    assert.deepEqual(errors(source), [{ message: "the condition is empty", offset: 0, length: 0 }]);
  }
});

Deno.test("compileCondition tells of several errors at once, in the order of the text", () => {
  const source =
    "arguments.a = 1 && (time.hours < 9 or arguments.b matches '(') and tool.name < 5 or 1 == 1";
  assert.deepEqual(pointed(source).map(([at]) => at), [
    "=",
    "&&",
    "time.hours",
    "(",
    "tool.name < 5",
    "1 == 1",
  ]);
  assert.deepEqual(
    errors("arguments.a == or arguments.b = 1 and (flag x) and y").map(({ offset }) => offset),
    [15, 30, 44, 51],
  );
});

Deno.test("compileCondition tells a quote inside of quotes from the end", () => {
  assert.deepEqual(pointed("arguments.a == 'it's'").map(([at]) => at), ["s", "'"]);
  assert.match(errors("arguments.a == 'it's'")[1]!.message, /"double quotes"/);
});

Deno.test("compileCondition points into the pattern, in either kind of quotes", () => {
  assert.deepEqual(
    errors("arguments.a matches 'ab('").map(({ offset, length }) => [offset, length]),
    [
      [23, 1],
    ],
  );
  const escaped = String.raw`arguments.a matches "\u0061\n\\d("`;
  const [error] = errors(escaped);
  assert.equal(error?.offset, escaped.indexOf("("));
  assert.equal(error?.length, 1);
  assert.match(error!.message, /not a pattern/);
});

Deno.test("compileCondition counts offsets in UTF-16 code units", () => {
  const source = "arguments.a == '🎉日' and time.hours == 1";
  assert.deepEqual(errors(source).map(({ offset }) => offset), [source.indexOf("time")]);
});

Deno.test("compileCondition takes a condition of the longest length and no longer", () => {
  const padded = (length: number) => "flag".padEnd(length);
  condition(padded(EXPR_BOUNDS.sourceChars));
  const [error, ...others] = errors(padded(EXPR_BOUNDS.sourceChars + 1));
  assert.deepEqual(others, []);
  assert.equal(error?.offset, EXPR_BOUNDS.sourceChars);
  assert.match(error!.message, /at most 4096 characters/);
});

Deno.test("compileCondition takes the deepest condition and no deeper", () => {
  const n = EXPR_BOUNDS.levels;
  for (
    const nested of [
      (depth: number) => "(".repeat(depth) + "flag" + ")".repeat(depth),
      (depth: number) => "!".repeat(depth) + "flag",
      (depth: number) => "not ".repeat(depth) + "flag",
      (depth: number) =>
        "!(".repeat(depth >> 1) + "!".repeat(depth & 1) + "flag" + ")".repeat(depth >> 1),
      (depth: number) => "(".repeat(depth - 1) + "exists(arguments)" + ")".repeat(depth - 1),
    ]
  ) {
    condition(nested(n));
    const found = errors(nested(n + 1));
    assert.equal(found.length, 1);
    assert.match(found[0]!.message, /at most 64 levels/);
  }
});

Deno.test("compileCondition takes as many parts as there may be and no more", () => {
  const list = (items: number) => `arguments.a in [${Array(items).fill("1").join(",")}]`;
  // The path, the list and the comparison are the other three.
  condition(list(EXPR_BOUNDS.nodes - 3));
  const found = errors(list(EXPR_BOUNDS.nodes - 2));
  assert.equal(found.length, 1);
  assert.match(found[0]!.message, /at most 1000 parts/);
});

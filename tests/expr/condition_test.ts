/** What a condition says of every type of value, and of every trick with types. */

import assert from "node:assert/strict";
import type { TernaryName } from "../../src/expr/ternary.ts";
import { about, answer, condition } from "./harness.ts";

/** One value of each JSON type, and what a condition says of it in the order of this list. */
const VALUES: readonly unknown[] = ["ab", "9", "", 9, 0, true, false, null, ["ab"], [9], [], {
  k: "ab",
}, {}];
const T = "true", P = "partly", F = "false";

const TABLE: readonly [condition: string, ...answers: TernaryName[]][] = [
  // condition                               "ab" "9" ""  9  0 true false null ["ab"] [9] [] {k} {}
  ["arguments.x == 'ab'", /*               */ T, F, F, F, F, F, F, F, T, F, F, F, F],
  ["arguments.x != 'ab'", /*               */ F, T, T, T, T, T, T, T, F, T, T, T, T],
  ["arguments.x == '9'", /*                */ F, T, F, P, F, F, F, F, F, P, F, F, F],
  ["arguments.x == 9", /*                  */ F, P, F, T, F, F, F, F, F, T, F, F, F],
  ["arguments.x != 9", /*                  */ T, P, T, F, T, T, T, T, T, F, T, T, T],
  ["arguments.x == ''", /*                 */ F, F, T, F, F, F, F, F, F, F, P, F, F],
  ["arguments.x == true", /*               */ F, F, F, F, F, T, F, F, F, F, F, F, F],
  ["arguments.x == false", /*              */ F, F, F, F, P, F, T, F, F, F, F, F, F],
  ["arguments.x == null", /*               */ F, F, F, F, F, F, F, T, F, F, F, F, F],
  ["arguments.x", /*                       */ F, F, F, F, F, T, F, F, F, F, F, F, F],
  ["arguments.x < 10", /*                  */ F, P, F, T, T, P, P, F, F, T, F, F, F],
  ["arguments.x <= 9", /*                  */ F, P, F, T, T, P, P, F, F, T, F, F, F],
  ["arguments.x > 8", /*                   */ F, P, F, T, F, F, F, F, F, T, F, F, F],
  ["arguments.x >= 9", /*                  */ F, P, F, T, F, F, F, F, F, T, F, F, F],
  ["arguments.x < 'b'", /*                 */ T, T, T, P, P, F, F, F, T, P, P, F, F],
  ["arguments.x in ['ab', 'cd']", /*       */ T, F, F, F, F, F, F, F, T, F, F, F, F],
  ["arguments.x in [8, 9]", /*             */ F, P, F, T, F, F, F, F, F, T, F, F, F],
  ["arguments.x matches '^(ab|9)$'", /*    */ T, T, F, T, F, F, F, F, T, T, F, T, F],
  ["arguments.x contains 'b'", /*          */ T, F, F, F, F, F, F, F, T, F, F, T, F],
  ["arguments.x like 'a*'", /*             */ T, F, F, F, F, F, F, F, T, F, F, T, F],
  ["arguments.x starts_with 'a'", /*       */ T, F, F, F, F, F, F, F, T, F, F, T, F],
  ["arguments.x ends_with 'b'", /*         */ T, F, F, F, F, F, F, F, T, F, F, T, F],
  ["arguments.x contains_pattern 'b|9'", /**/ T, T, F, T, F, F, F, F, T, T, F, T, F],
  ["arguments.x contains_pattern '^k$'", /**/ F, F, F, F, F, F, F, F, F, F, F, T, F],
  ["exists(arguments.x)", /*               */ T, T, T, T, T, T, T, T, T, T, T, T, T],
  ["len(arguments.x) == 1", /*             */ F, T, F, F, F, F, F, F, T, T, F, T, F],
  ["len(arguments.x) < 1", /*              */ F, F, T, F, F, F, F, F, F, F, T, F, T],
];

for (const [source, ...expected] of TABLE) {
  Deno.test(`Condition answers for every type: ${source}`, () => {
    assert.deepEqual(VALUES.map((value) => about(value, source)), expected);
  });
}

Deno.test("Condition is false for what is missing, and only != is true", () => {
  for (
    const part of ["== 1", "< 1", ">= 1", "in [1]", "matches '.*'", "contains ''", "starts_with ''"]
      .map((rest) => `arguments.none ${rest}`)
      .concat("arguments.none", "exists(arguments.none)", "len(arguments.none) >= 0")
      .concat("len(arguments.none) != 0 and exists(arguments.none)")
      .concat("arguments.none.deeper == null", "arguments.none contains_pattern '.*'")
  ) {
    assert.equal(about(1, part), "false", part);
    assert.equal(answer(part), "false", part);
  }
  assert.equal(answer("arguments.none != 1"), "true");
  assert.equal(answer("not arguments.none == 1"), "true");
  assert.equal(answer("tool.name == 'bash'", { tool: undefined }), "false");
});

Deno.test("Condition does not let a list evade a search or satisfy its negation", () => {
  const mixed = ["safe", "rm -rf"];
  assert.equal(about(mixed, "arguments.x matches 'rm'"), "partly");
  assert.equal(about(mixed, "arguments.x matches 'safe'"), "partly");
  assert.equal(about(mixed, "!arguments.x matches 'safe'"), "partly");
  assert.equal(about(mixed, "not not arguments.x contains 'safe'"), "partly");
  assert.equal(about(["rm", "-rf"], "arguments.x matches 'rm\\s+-rf'"), "partly");
  assert.equal(about(["kill", -9, 1], "arguments.x matches 'kill -9'"), "partly");
  assert.equal(about(["rm", null, "-rf"], "arguments.x matches 'rm -rf'"), "partly");
  assert.equal(about([["sh"], { c: "rm -rf" }], "arguments.x matches 'rm -rf'"), "partly");
  assert.equal(about({ a: "rm", b: "-rf" }, "arguments.x matches 'rm -rf'"), "partly");
  assert.equal(about(["ab", "cd"], "arguments.x matches '^[a-z]+$'"), "partly");
  assert.equal(about(["ls -l", "ls -a"], "arguments.x matches '^ls'"), "true");
  assert.equal(about(["rm", "-rf", "/"], "arguments.x == 'rm -rf /'"), "partly");
  assert.equal(about(["rm", "-rf", "/"], "arguments.x contains 'rm -rf'"), "partly");
  assert.equal(about(["GET", "HEAD"], "arguments.x in ['GET', 'HEAD']"), "true");
  assert.equal(about(["GET", "PUT"], "arguments.x in ['GET', 'HEAD']"), "partly");
  assert.equal(about([5, [20]], "arguments.x < 9"), "partly");
});

Deno.test("Condition looks into strings that are JSON texts", () => {
  const text = JSON.stringify(["rm", "-rf"]);
  assert.equal(about(text, "arguments.x matches 'rm -rf'"), "partly");
  assert.equal(about(` ${text}\n`, "arguments.x matches '^rm$'"), "partly");
  assert.equal(about(text, "arguments.x == 'rm'"), "partly");
  assert.equal(about(text, 'arguments.x == \'["rm","-rf"]\''), "true");
  assert.equal(about(text, "arguments.x contains 'rm -rf'"), "partly");
  assert.equal(about([text], "arguments.x == 'rm'"), "partly");
  assert.equal(about("[5]", "arguments.x < 9"), "partly");
  assert.equal(about('{"c":"\\u0072m"}', "arguments.x contains_pattern '^rm$'"), "partly");
  assert.equal(about('{"\\u0072m":1}', "arguments.x contains_pattern 'rm'"), "partly");
  assert.equal(about('["safe","x"]', "!arguments.x matches 'safe'"), "partly");
  assert.equal(about("[1,2,3]", "len(arguments.x) == 3"), "partly");
  assert.equal(about("[not json]", "arguments.x matches '^not'"), "false");
  assert.equal(about("{]", "arguments.x contains 'a'"), "false");
});

Deno.test("Condition follows paths through strings that are JSON texts, and says partly", () => {
  const world = { arguments: { options: '{"force":true,"list":["a"]}' } };
  assert.equal(answer("arguments.options.force == true", world), "partly");
  assert.equal(answer("arguments.options.force != true", world), "partly");
  assert.equal(answer("arguments.options.force", world), "partly");
  assert.equal(answer("exists(arguments.options.force)", world), "partly");
  assert.equal(answer("arguments.options.list[0] matches 'a'", world), "partly");
  assert.equal(answer("arguments.options.force == false", world), "false");
  assert.equal(answer("arguments.options.none == true", world), "false");
  assert.equal(answer("arguments.x == 1", { arguments: '{"x":1}' }), "partly");
});

Deno.test("Condition reads a number that a string spells, as lenient servers do", () => {
  for (const x of ["9", " 9 ", "+9", "9.0", "9e0", "0x9", "0b1001", "0_9", "9 apples", "9\n"]) {
    assert.equal(about(x, "arguments.x == 9"), "partly", x);
    assert.equal(about(x, "!arguments.x == 9"), "partly", x);
    assert.equal(about(x, "arguments.x in [8, 9]"), "partly", x);
    assert.equal(about(x, "arguments.x < 10"), "partly", x);
    assert.equal(about(x, "arguments.x < 9"), "false", x);
  }
  for (const x of ["", " ", "nine", "NaN", "_", "e9"]) {
    assert.equal(about(x, "arguments.x == 9"), "false", x);
    assert.equal(about(x, "arguments.x >= 0"), "false", x);
  }
  assert.equal(about(80, "arguments.x < '9'"), "partly");
  assert.equal(about("80", "arguments.x < '9'"), "true");
});

Deno.test("Condition reads a boolean that something spells, as lenient servers do", () => {
  for (const x of ["true", "True", " yes ", "on", "1", "t", 1]) {
    assert.equal(about(x, "arguments.x == true"), "partly", String(x));
    assert.equal(about(x, "arguments.x"), "partly", String(x));
    assert.equal(about(x, "not arguments.x"), "partly", String(x));
    assert.equal(about(x, "arguments.x == false"), "false", String(x));
  }
  assert.equal(about("off", "arguments.x == false"), "partly");
  assert.equal(about("maybe", "arguments.x == true"), "false");
  assert.equal(about("null", "arguments.x == null"), "partly");
});

Deno.test("Condition compares numbers exactly up to the bound of exactness, strings by code units", () => {
  const parsed = (json: string, source: string) => about(JSON.parse(json), source);
  assert.equal(parsed("9007199254740991", "arguments.x == 9007199254740991"), "true");
  assert.equal(parsed("9007199254740993", "arguments.x == 9007199254740991"), "false");
  assert.equal(parsed("9007199254740993", "arguments.x > 9007199254740991"), "true");
  assert.equal(parsed("1e999", "arguments.x > 5"), "true");
  assert.equal(parsed("-0", "arguments.x == 0"), "true");
  assert.equal(about("B", "arguments.x < 'a'"), "true");
  assert.equal(about("\u{1f389}", "arguments.x < '\uffff'"), "true");
  assert.equal(answer("time.date >= '2026-04-03' and time.date < '2026-04-04'"), "true");
});

Deno.test("Condition never sees what an object has from its prototype", () => {
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    assert.equal(answer(`exists(arguments.${name})`, { arguments: {} }), "false", name);
    assert.equal(answer(`exists(arguments["${name}"].name)`, { arguments: {} }), "false", name);
  }
  assert.equal(about([1, 2], "exists(arguments.x.length)"), "false");
  assert.equal(about("text", "exists(arguments.x.length)"), "false");
  assert.equal(about("text", "exists(arguments.x[0])"), "false");
  const own = JSON.parse('{"__proto__":{"y":1},"constructor":2}');
  assert.equal(answer("arguments.__proto__.y == 1", { arguments: own }), "true");
  assert.equal(answer("arguments.constructor == 2", { arguments: own }), "true");
  assert.equal(answer("arguments contains_pattern '__proto__'", { arguments: own }), "true");
});

Deno.test("Condition steps along names, positions and quoted keys", () => {
  const world = { arguments: { "a b": [{ c: 1 }], time: 2, in: 3, not: 4, "0": 5, "日本": 6 } };
  for (
    const source of [
      'arguments["a b"][0].c == 1',
      "arguments['a b'][0]['c'] == 1",
      "arguments.time == 2 and arguments.in == 3 and arguments.not == 4",
      "arguments . in in [3]",
      "arguments.日本 == 6",
      'arguments["0"] == 5',
    ]
  ) assert.equal(answer(source, world), "true", source);
  assert.equal(answer("arguments['a b'][1].c == 1", world), "false");
  assert.equal(answer("arguments[0] == 5", world), "partly", "a position in an object");
  assert.equal(answer('arguments["a b"]["0"].c == 1', world), "partly", "a key of a list");
  assert.equal(about({ matches: "y" }, "arguments.x.matches matches 'y'"), "true");
});

Deno.test("Condition binds not before and, and before or, and ! before nothing but the comparison", () => {
  const world = { arguments: { t: true, f: false, command: "rm" } };
  const t = "arguments.t", f = "arguments.f";
  assert.equal(answer(`${t} or ${t} and ${f}`, world), "true");
  assert.equal(answer(`(${t} or ${t}) and ${f}`, world), "false");
  assert.equal(answer(`not ${f} and ${f}`, world), "false");
  assert.equal(answer(`not (${f} and ${f})`, world), "true");
  assert.equal(answer(`not ${f} or ${t}`, world), "true");
  assert.equal(answer("!arguments.command matches 'safe'", world), "true");
  assert.equal(answer("! ! arguments.command matches 'rm'", world), "true");
  assert.equal(answer("!arguments.command == 'rm' or false", world), "false");
  assert.equal(answer("(arguments.command) matches ('rm')", world), "true");
});

Deno.test("Condition joins answers as the least and the greatest", () => {
  const world = { arguments: { t: true, p: "true", f: false } };
  const rank = { false: 0, partly: 1, true: 2 };
  for (const [a, one] of [["t", "true"], ["p", "partly"], ["f", "false"]] as const) {
    for (const [b, other] of [["t", "true"], ["p", "partly"], ["f", "false"]] as const) {
      const least = rank[one] < rank[other] ? one : other;
      const greatest = rank[one] > rank[other] ? one : other;
      assert.equal(answer(`arguments.${a} and arguments.${b}`, world), least);
      assert.equal(answer(`arguments.${a} or arguments.${b}`, world), greatest);
    }
  }
});

Deno.test("Condition takes a constant on the left, and a path on both sides", () => {
  const world = { arguments: { a: 5, b: 5, s: "/home/me/x", root: "/home/me/", list: [5] } };
  assert.equal(answer("5 == arguments.a and 4 < arguments.a and 6 >= arguments.a", world), "true");
  assert.equal(answer("4 > arguments.a or 5 != arguments.a", world), "false");
  assert.equal(answer("arguments.a == arguments.b", world), "true");
  assert.equal(answer("arguments.a != arguments.b", world), "false");
  assert.equal(answer("arguments.s starts_with arguments.root", world), "true");
  assert.equal(answer("'/home/me/x/y' starts_with arguments.s", world), "true");
  assert.equal(answer("arguments.a < time.hour", world), "true");
  assert.equal(answer("arguments.list == arguments.a", world), "true");
  assert.equal(answer("arguments.a == arguments.list", world), "partly");
  assert.equal(answer("arguments.a == arguments.none", world), "false");
  assert.equal(answer("len(arguments.s) > len(arguments.root)", world), "true");
});

Deno.test("Condition contains_pattern reads keys, decoded strings and the compact text", () => {
  const world = { arguments: { key: { "sk-inner": ["line\nbreak", 22] } } };
  const find = (pattern: string) => answer(`arguments contains_pattern '${pattern}'`, world);
  assert.equal(find("^sk-"), "true");
  assert.equal(find("line\\sbreak"), "true");
  assert.equal(find("^22$"), "true");
  assert.equal(find('"key":\\{'), "true");
  assert.equal(find('"line\\\\nbreak",22'), "true");
  assert.equal(find("line break 22"), "false");
  assert.equal(answer("arguments.key contains_pattern 'key'", world), "false");
  assert.equal(about(["rm", "-rf"], "arguments contains_pattern 'rm -rf'"), "partly");
  assert.equal(answer("tool.name contains_pattern '^ba'", { tool: "bash" }), "true");
});

Deno.test("Condition reads a root only when it comes to ask", () => {
  const asked = condition("time.hour < 20 or arguments.x == 1");
  const world = {
    hour: 12,
    get arguments(): unknown {
      throw new Error("read");
    },
  };
  assert.equal(asked.evaluate(world), 2);
  assert.throws(() =>
    asked.evaluate({
      ...{ hour: 21 },
      get arguments() {
        throw new Error("read");
      },
    })
  );
});

Deno.test("`like` meets whole texts, and a star any run of characters", () => {
  const met = (text: string, shape: string) =>
    answer(`arguments.x like '${shape}'`, { arguments: { x: text } });
  const yes = [
    ["", ""],
    ["", "*"],
    ["abc", "abc"],
    ["abc", "*"],
    ["abc", "a*c"],
    ["a*c", "a*c"],
    ["abcabc", "*bc*bc"],
    ["aab", "a*a*b"],
    ["a\nb", "a*b"],
    ["ab", "a**b"],
  ];
  const no = [
    ["abc", ""],
    ["ab", "abc"],
    ["ab", "ab*b"],
    ["aba", "ab*ba"],
    ["xabc", "abc*"],
    [
      "abca",
      "*abc",
    ],
    ["Abc", "a*"],
    ["abc", "a?c"],
  ];
  for (const [text, shape] of yes) assert.equal(met(text!, shape!), "true", `${text} ${shape}`);
  for (const [text, shape] of no) assert.equal(met(text!, shape!), "false", `${text} ${shape}`);
});

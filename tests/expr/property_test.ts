/** What holds for any condition and any value. */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { Literal, Node, Path } from "../../src/expr/ast.ts";
import { compileCondition } from "../../src/expr/condition.ts";
import { parse } from "../../src/expr/parser.ts";
import { print } from "../../src/expr/print.ts";
import { nameOf, PARTLY } from "../../src/expr/ternary.ts";
import { condition, patterns, roots, type World } from "./harness.ts";

const span = { offset: 0, length: 0 };
const text = fc.string({ unit: "binary", maxLength: 8 });
const name = fc.oneof(
  fc.constantFrom(
    "in",
    "and",
    "matches",
    "not",
    "true",
    "a",
    "_x1",
    "日本",
    "a b",
    "",
    "0",
    "it's",
  ),
  text,
);
const literal: fc.Arbitrary<Literal> = fc.oneof(
  text,
  fc.string({ unit: fc.constantFrom("'", '"', "\\", "\n", "a", "\ud800", "\x7f"), maxLength: 5 }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !(Math.abs(n) > 2 ** 53)),
  fc.boolean(),
  fc.constant(null),
).map((value) => ({ kind: "literal", value: Object.is(value, -0) ? 0 : value, ...span }));
const path: fc.Arbitrary<Path> = fc.array(fc.oneof(name, fc.nat()), { maxLength: 4 })
  .map((rest) => ({ kind: "path", segments: ["arguments", ...rest], ...span }));

const operator = fc.constantFrom("==", "!=", "<", ">=", "in", "matches", "contains", "ends_with");

/** Trees that the parser could have made, checkable or not. */
const { node } = fc.letrec<{ node: Node; value: Node }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    path,
    literal,
    fc.array(literal, { maxLength: 3 }).map((items): Node => ({ kind: "list", items, ...span })),
    tie("value").map((operand): Node => ({ kind: "len", operand, ...span })),
    tie("node"),
  ),
  node: fc.oneof(
    { depthSize: "small" },
    path,
    literal,
    path.map((path): Node => ({ kind: "exists", path, ...span })),
    fc.tuple(tie("value"), operator, tie("value"))
      .map(([left, operator, right]): Node => ({
        kind: "compare",
        operator,
        left,
        right,
        ...span,
      })),
    tie("node").map((operand): Node => ({ kind: "not", operand, ...span })),
    fc.tuple(fc.constantFrom("and", "or"), fc.array(tie("node"), { minLength: 2, maxLength: 3 }))
      .map(([kind, operands]): Node => ({ kind, operands, ...span })),
  ),
}));

/** A tree without its places. */
function bare(ast: Node): unknown {
  return JSON.parse(
    JSON.stringify(ast, (key, value) => key === "offset" || key === "length" ? undefined : value),
  );
}

Deno.test("print gives a text that parses to the same tree and prints the same", () => {
  fc.assert(
    fc.property(node, (ast) => {
      const printed = print(ast);
      const parsed = parse(printed);
      if (parsed.errors.some(({ message }) => message.includes("at most"))) return;
      assert.deepEqual(parsed.errors, [], printed);
      assert.deepEqual(bare(parsed.ast), bare(ast), printed);
      assert.equal(print(parsed.ast), printed);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("parse gives every node the place it was read from", () => {
  fc.assert(
    fc.property(node, (ast) => {
      const source = print(ast);
      const visit = (part: unknown): void => {
        if (typeof part !== "object" || part === null) return;
        if ("kind" in part) {
          const { offset, length } = part as Node;
          const again = parse(source.slice(offset, offset + length));
          // A list or a literal that cannot stand alone is still read as one.
          assert.deepEqual(bare(again.ast), bare(part as Node), source);
        }
        Object.values(part).forEach(visit);
      };
      const parsed = parse(source);
      if (parsed.errors.length === 0) visit(parsed.ast);
    }),
    { numRuns: 500 },
  );
});

const word = fc.constantFrom(
  ...[
    "arguments",
    ".",
    "x",
    "[",
    "]",
    "0",
    "(",
    ")",
    "and",
    "or",
    "not",
    "!",
    "==",
    "=",
    "<",
    "&&",
  ],
  ...[
    "matches",
    "contains_pattern",
    "in",
    "len",
    "exists",
    "true",
    "null",
    "'a'",
    '"b\\',
    "'",
    '"',
  ],
  ...["time.hour", "12", "-", "-3", ",", "result", "flag", "🎉", "\n", "|", "('", "contains"],
);

Deno.test("compileCondition never throws, and points inside the text", () => {
  const source = fc.oneof(
    fc.array(word, { maxLength: 30 }).map((words) => words.join(" ")),
    fc.array(word, { maxLength: 30 }).map((words) => words.join("")),
    fc.string({ unit: "binary", maxLength: 60 }),
  );
  fc.assert(
    fc.property(source, (source) => {
      const compiled = compileCondition<World>(source, { roots, patterns });
      if (compiled.ok) {
        compiled.condition.evaluate({ arguments: { x: ["a", 1] } });
        return;
      }
      assert.ok(compiled.errors.length > 0);
      let last = 0;
      for (const { offset, length, message } of compiled.errors) {
        assert.ok(offset >= last && length >= 0 && offset + length <= source.length, source);
        assert.ok(message !== "" && !message.endsWith("."));
        last = offset;
      }
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("compileCondition is done in no time with the longest nonsense", () => {
  for (
    const piece of [
      "(",
      "!",
      "a.",
      "[",
      "'",
      '"\\',
      "1e",
      "= ",
      "&&",
      "a and ",
      "(a) ",
      ") ",
      "len(",
      "-",
    ]
  ) {
    const started = performance.now();
    compileCondition<World>(piece.repeat(4096 / piece.length), { roots, patterns });
    assert.ok(performance.now() - started < 500, piece);
  }
});

/** Shapes that hold all of these texts, and no others. */
function shapes(texts: readonly string[]): unknown[] {
  const object = Object.fromEntries(texts.map((text, i) => [`k${i}`, text]));
  return [texts, [texts], object, [object], JSON.stringify(texts), JSON.stringify(object), [[[
    object,
  ]]]];
}

Deno.test("matches is neither true nor false of a value with a matching and a non-matching text", () => {
  const yes = fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 5 }).map((s) => `a${s}`);
  const no = fc.string({ unit: fc.constantFrom("x", "y", " "), maxLength: 5 });
  const arbitrary = fc.tuple(
    fc.array(yes, { minLength: 1, maxLength: 3 }),
    fc.array(no, { minLength: 1 }),
  );
  const asked = [
    "arguments.x matches 'a'",
    "!arguments.x matches 'a'",
    "arguments.x contains 'a'",
    "not arguments.x contains 'a'",
    "arguments.x matches '^a' or arguments.none == 1",
    "arguments.x matches 'a' and time.hour == 12",
  ].map(condition);
  fc.assert(fc.property(arbitrary, ([yes, no]) => {
    const texts = [...no, ...yes];
    for (const x of [...shapes(texts), ...shapes(texts.reverse())]) {
      for (const one of asked) assert.equal(one.evaluate({ arguments: { x } }), PARTLY, one.source);
    }
  }));
});

Deno.test("Condition single values: a list is true of all, partly of some, false of none", () => {
  const asked = condition("arguments.x in [1, 2, 3]");
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }), (x) => {
    const among = x.filter((n) => n >= 1 && n <= 3).length;
    const expected = among === x.length ? "true" : among > 0 ? "partly" : "false";
    assert.equal(nameOf(asked.evaluate({ arguments: { x } })), expected);
  }));
});

const SOURCES = [
  "arguments.x matches 'a' and not arguments.x.y == 1 or arguments contains_pattern '[0-9]'",
  "arguments.x != 'a' and (arguments.x < 5 or len(arguments.x) >= 2)",
  "arguments.x in ['a', 1, null] or arguments.x.a or exists(arguments.x[0])",
  "arguments.x == arguments.y or arguments.x starts_with arguments.y or 5 > arguments.x",
  "arguments == 'a' or arguments ends_with 'b' or !arguments.x contains 'c'",
];

Deno.test("explain gives the answer of evaluate, for any value, and can be stored as JSON", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const wrapped = fc.oneof(
    value,
    value.map((v) => ({ x: v, y: v })),
    value.map((v) => ({ x: JSON.stringify(v) })),
  );
  const asked = SOURCES.map(condition);
  fc.assert(
    fc.property(wrapped, (args) => {
      for (const one of asked) {
        const told = one.explain({ arguments: args });
        assert.equal(told.result, nameOf(one.evaluate({ arguments: args })));
        assert.doesNotThrow(() => JSON.stringify(told));
      }
    }),
    { numRuns: 1000 },
  );
});

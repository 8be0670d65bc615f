/** What a lenient server could take for the value that a path asks for. */

import assert from "node:assert/strict";
import { EXPR_BOUNDS } from "../../src/expr/bounds.ts";
import { about, answer, condition } from "./harness.ts";

/** The answer of a condition about `arguments`. */
const given = (args: unknown, condition: string) => answer(condition, { arguments: args });

const ALIKE = [
  "Command",
  "COMMAND",
  "cOmmanD",
  "com_mand",
  "com-mand",
  " command",
  "command\t",
  "_command",
];

for (const key of ALIKE) {
  Deno.test(`Condition takes ${JSON.stringify(key)} for command, partly`, () => {
    const args = { [key]: "rm -rf /" };
    assert.equal(given(args, "arguments.command matches 'rm'"), "partly");
    assert.equal(given(args, "arguments.command == 'rm -rf /'"), "partly");
    assert.equal(given(args, "arguments.command in ['rm -rf /', 'x']"), "partly");
    assert.equal(given(args, "exists(arguments.command)"), "partly");
    assert.equal(given(args, "not exists(arguments.command)"), "partly");
    assert.equal(given(args, "len(arguments.command) == 8"), "partly");
    assert.equal(given(args, "arguments.command == arguments.other"), "partly");
    assert.equal(given(args, "arguments['command'] matches 'rm'"), "partly");
    assert.equal(given(args, "arguments.command matches 'ls'"), "false");
    assert.equal(given({ command: "ls", ...args }, "arguments.command matches 'rm'"), "partly");
    assert.equal(given({ command: "ls", ...args }, "arguments.command == 'ls'"), "partly");
    assert.equal(given({ command: "ls", ...args }, "arguments.command != 'ls'"), "partly");
  });
}

Deno.test("Condition folds keys as Unicode does: U+017F is an s, U+212A a k", () => {
  assert.equal(given({ "\u017fhell": "rm" }, "arguments.shell == 'rm'"), "partly");
  assert.equal(given({ "\u212aey": "x" }, "arguments.key == 'x'"), "partly");
  assert.equal(given({ "GRÖSSE": 5 }, "arguments['größe'] == 5"), "partly");
});

Deno.test("Condition takes no other key for the one that is asked for", () => {
  for (
    const key of ["commands", "comman", "ommand", "c0mmand", "command2", "args", "kommand", ""]
  ) {
    assert.equal(given({ [key]: "rm" }, "arguments.command == 'rm'"), "false", key);
  }
  assert.equal(given({ command: "rm", args: 1 }, "arguments.command == 'rm'"), "true");
});

Deno.test("Condition follows every lenient reading of a step to the end of the path", () => {
  const at = "arguments.options.force == true";
  assert.equal(given({ Options: { force: true } }, at), "partly");
  assert.equal(given({ options: { Force: true } }, at), "partly");
  assert.equal(given({ Options: { Force: true } }, at), "partly");
  assert.equal(given({ options: {}, OPTIONS: { FORCE: true } }, at), "partly");
  assert.equal(given({ Options: '{"Force":true}' }, at), "partly");
  assert.equal(given({ Options: { force: false } }, at), "false");
});

Deno.test("Condition looks into a list where an object is expected", () => {
  const at = "arguments.edit.path == '/etc/passwd'";
  assert.equal(given({ edit: [{ path: "/etc/passwd" }] }, at), "partly");
  assert.equal(given({ edit: [{}, { Path: "/etc/passwd" }] }, at), "partly");
  assert.equal(given({ edit: '[{"path":"/etc/passwd"}]' }, at), "partly");
  assert.equal(given({ edit: [{ path: "/tmp" }] }, at), "false");
  assert.equal(given([{ command: "rm" }], "arguments.command == 'rm'"), "partly");
});

Deno.test("Condition is sure of nothing in a JSON text that has a key twice", () => {
  const twice = '{"force":true,"force":false}';
  for (const truth of ["true", "false"]) {
    assert.equal(given({ o: twice }, `arguments.o.force == ${truth}`), "partly");
    assert.equal(given({ o: twice }, `not arguments.o.force == ${truth}`), "partly");
  }
  const deep = '{"a":[{"b":{"x":1,"\\u0078":2}}]}';
  assert.equal(given({ o: deep }, "arguments.o.a[0].b.x == 1"), "partly");
  assert.equal(given({ o: '{"a":":","b":"\\":"}' }, "arguments.o.a == 'no'"), "false");
  assert.equal(given({ o: '{"__proto__":1}' }, "arguments.o.a == 'no'"), "false");
});

Deno.test("Condition is sure of nothing inside a text that only a lenient reader takes for JSON", () => {
  for (const text of ["{'force': True}", "{force: true}", '{"force":true,}']) {
    assert.equal(given({ o: text }, "arguments.o.force == true"), "partly", text);
  }
  assert.equal(about("{name} is here", "arguments.x contains 'there'"), "false");
});

Deno.test("Condition finds a look-alike among many keys", () => {
  for (const count of [31, 32, 33, 5000]) {
    const many = Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]));
    const condition = "arguments.command == 'rm'";
    assert.equal(given({ ...many }, condition), "false");
    assert.equal(given({ ...many, CoMmand: "rm" }, condition), "partly");
    assert.equal(given({ ...many, command: "rm" }, condition), "true");
    assert.equal(given({ ...many, command: "rm", Command: "ls" }, condition), "partly");
  }
});

Deno.test("Condition follows so many lenient readings, and with one more is sure of nothing", () => {
  const list = (length: number) => Array.from({ length }, () => ({ path: "/tmp" }));
  const at = "arguments.edit.path == '/etc'";
  assert.equal(given({ edit: list(EXPR_BOUNDS.otherReadings) }, at), "false");
  assert.equal(given({ edit: list(EXPR_BOUNDS.otherReadings + 1) }, at), "partly");
});

Deno.test("explain shows what a lenient server would read", () => {
  const asked = condition("arguments.command == 'rm'");
  const { values } = asked.explain({ arguments: { Command: "rm" } });
  assert.deepEqual(values, [
    { text: "arguments.command", value: undefined },
    { text: "arguments.command, as a lenient server reads it", value: '"rm"' },
  ]);
});

Deno.test("Condition walks on from a step of many readings to one of a single reading", () => {
  const world = { a: { b: { c: 1 } }, A: "no object" };
  assert.equal(given(world, "arguments.a.b.c == 1"), "partly");
  assert.equal(given(world, "arguments.a.b.c == 2"), "false");
});

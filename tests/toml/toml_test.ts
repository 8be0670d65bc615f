import assert from "node:assert/strict";
import { FileError } from "../../src/errors.ts";
import type { TomlPath } from "../../src/toml/path.ts";
import { parseToml, renderProblem, tomlError } from "../../src/toml/toml.ts";
import { locateIn } from "../../src/toml/positions.ts";

const DOCUMENT = `top = 1
[metadata]
name = "x"
"quoted key" = 1
[[rules]]
id = "a"
tools = ["p", [ "q",
  "r" ] ]
[[rules]]
id = "b"
test.arguments = { command = "rm", deep.er = 2 }
[rules.more]
z = 1
[[rules.list]]
y = 1
`;

/** A path, and where its key and its value stand. */
const PLACES: readonly (readonly [TomlPath, key: string, value: string])[] = [
  [["top"], "1:1", "1:7"],
  [["metadata"], "2:2", "2:2"],
  [["metadata", "name"], "3:1", "3:8"],
  [["metadata", "quoted key"], "4:1", "4:16"],
  [["rules"], "5:3", "5:3"],
  [["rules", 0], "5:3", "5:3"],
  [["rules", 0, "id"], "6:1", "6:6"],
  [["rules", 0, "tools", 1, 1], "8:3", "8:3"],
  [["rules", 1], "9:3", "9:3"],
  [["rules", 1, "test"], "11:1", "11:18"],
  [["rules", 1, "test", "arguments"], "11:6", "11:18"],
  [["rules", 1, "test", "arguments", "command"], "11:20", "11:30"],
  [["rules", 1, "test", "arguments", "deep", "er"], "11:41", "11:46"],
  [["rules", 1, "more"], "12:8", "12:8"],
  [["rules", 1, "more", "z"], "13:1", "13:5"],
  [["rules", 1, "list", 0], "14:9", "14:9"],
  [["rules", 1, "list", 0, "y"], "15:1", "15:5"],
];

for (const [path, key, value] of PLACES) {
  Deno.test(`locateIn finds ${path.join(".")}`, () => {
    const locate = locateIn(DOCUMENT);
    for (const [part, expected] of [["key", key], ["value", value]] as const) {
      const { line, column } = locate(path, part);
      assert.equal(`${line}:${column}`, expected, part);
    }
  });
}

Deno.test("locateIn gives the nearest place above for what is not there", () => {
  const locate = locateIn(DOCUMENT);
  assert.deepEqual(locate(["rules", 1, "action"], "value"), { line: 9, column: 3 });
  assert.deepEqual(locate(["nothing", "here"], "key"), { line: 1, column: 1 });
});

Deno.test("parseToml tells integers from fractions", async () => {
  assert.deepEqual({ ...await parseToml("f", "a = 5\nb = 5.0") }, { a: 5n, b: 5 });
});

Deno.test("parseToml gives a syntax error its file, line and column", async () => {
  await assert.rejects(parseToml("p.toml", "a = 1\nb = ?"), (error: unknown) => {
    assert.ok(error instanceof FileError);
    assert.equal(error.file, "p.toml");
    assert.equal(error.problems[0]?.line, 2);
    assert.ok(error.message.startsWith("p.toml:2:"));
    return true;
  });
});

Deno.test("tomlError sorts problems as the file has them", async () => {
  const error = await tomlError("f", DOCUMENT, [
    { path: ["rules", 1], part: "key", message: "late" },
    { path: ["top"], part: "value", message: "early" },
    { path: ["top"], part: "key", message: "first", guess: { typed: "topp", words: ["top"] } },
  ]);
  assert.deepEqual(error.problems.map(({ message }) => message), [
    `first; did you mean "top"?`,
    "early",
    "late",
  ]);
});

Deno.test("renderProblem puts the caret under wide characters and tabs alike", async () => {
  const rendered = await renderProblem("f", '\t表 = 1 "x"', { line: 1, column: 8, message: "m" });
  assert.equal(rendered, 'f:1:8: m\n    1 |  表 = 1 "x"\n      |         ^');
});

Deno.test("renderProblem shows what a terminal would obey", async () => {
  const rendered = await renderProblem("f", 'a = "\x1b[2J"', {
    line: 1,
    column: 1,
    message: "\x07",
  });
  assert.equal(rendered, 'f:1:1: \\u0007\n    1 | a = "\\u001b[2J"\n      | ^');
});

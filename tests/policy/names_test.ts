import assert from "node:assert/strict";
import { MAX_ALTERNATIVES, namesLike } from "../../src/policy/names.ts";

const CASES: readonly [glob: string, yes: readonly string[], no: readonly string[]][] = [
  ["bash", ["bash"], ["Bash", "bash2", ""]],
  ["*", ["", "x", "a/b"], []],
  ["fs_*", ["fs_", "fs_read"], ["fs", "xfs_read"]],
  ["*_file", ["read_file", "_file"], ["file", "read_files"]],
  ["a*b*c", ["abc", "aXbYc", "abcbc"], ["ab", "acb", "abcd"]],
  ["y?", ["yb", "y?", "y😀"], ["y", "ybb"]],
  ["x[a-z]", ["xb", "xz"], ["x", "xB", "x[a-z]", "xbb"]],
  ["x[abc]y", ["xay", "xcy"], ["xdy", "xy"]],
  ["x[!a-c]", ["xd", "x!"], ["xa", "x"]],
  ["x[^a]", ["xb"], ["xa"]],
  ["x[]a]", ["x]", "xa"], ["x", "x["]],
  ["x[a-]", ["xa", "x-"], ["xb"]],
  ["x[a-c0-9]", ["xb", "x7"], ["xd"]],
  ["{p,q}", ["p", "q"], ["p,q", "", "{p,q}"]],
  ["{read,write}_{file,dir}", ["read_file", "write_dir"], ["read_", "_file"]],
  ["a{,b}c", ["ac", "abc"], ["abbc"]],
  ["{a,b{1,2}}", ["a", "b1", "b2"], ["b", "a1"]],
  ["{a*,?b}", ["ax", "xb"], ["b", "xbb"]],
  ["\\*", ["*"], ["x"]],
  ["\\{a,b}", ["{a,b}"], ["a"]],
  ["[{,}]", ["{", ",", "}"], ["", "["]],
];

for (const [glob, yes, no] of CASES) {
  Deno.test(`namesLike takes ${glob} as globs are taken everywhere`, () => {
    const matches = namesLike([glob]);
    for (const name of yes) assert.ok(matches(name), name);
    for (const name of no) assert.ok(!matches(name), name);
  });
}

Deno.test("namesLike takes one of several", () => {
  const matches = namesLike(["a", "b*"]);
  assert.deepEqual(["a", "bx", "c"].map(matches), [true, true, false]);
});

Deno.test("namesLike is done in no time with the worst of names", () => {
  const matches = namesLike(["*a*a*a*a*a*a*a*a*b"]);
  const begun = performance.now();
  assert.equal(matches("a".repeat(1000)), false);
  assert.ok(performance.now() - begun < 1000);
});

for (const glob of ["x[a-z", "{a,b", "a{b", "[!]"]) {
  Deno.test(`namesLike refuses ${glob}`, () => {
    assert.throws(() => namesLike([glob]), { name: "GlobError" });
  });
}

Deno.test("namesLike takes so many alternatives and no more", () => {
  const globs = (count: number) => `{${Array.from({ length: count }, (_, i) => i).join()}}`;
  assert.ok(namesLike([globs(MAX_ALTERNATIVES)])("255"));
  assert.throws(() => namesLike([globs(MAX_ALTERNATIVES + 1)]), /more than 256/);
  assert.throws(() => namesLike(["{a,b}".repeat(9)]), /more than 256/);
});

import assert from "node:assert/strict";
import { fromGo } from "../../src/patterns/go_syntax.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";

/** Patterns as Go has them, with what they match and what they do not. */
const GO: readonly (readonly [pattern: string, matches: string[], others: string[]])[] = [
  // Classes know ASCII only.
  ["^\\d$", ["7"], ["\u0667"]],
  ["^\\w$", ["a", "_"], ["\u00e9"]],
  ["^\\W$", ["\u00e9", "-"], ["a"]],
  ["^\\s$", [" ", "\n"], ["\u00a0", "\v"]],
  ["^\\S\\D$", ["\u00a0x"], ["  "]],
  ["^[\\d.]+$", ["1.2"], ["\u0661"]],
  ["^[^\\s\\W]$", ["a"], [" ", "-"]],
  ["^[\\W]$", ["-"], ["a"]],
  ["\\bkey\\b", ["a key", "\u00e9key\u00e9"], ["keys"]],
  ["\\Bey", ["key"], ["ey"]],
  // Braces that repeat nothing stand for themselves.
  ["^a{2,3}$", ["aa", "aaa"], ["a"]],
  ["^a{,3}$", ["a{,3}"], ["a", "aa"]],
  ["^\\${x}{2}$", ["${x}}"], ["${x}"]],
  ["^{{x}}$", ["{{x}}"], []],
  // Within a class, so do the signs of sets.
  ["^[[a]$", ["[", "a"], ["b"]],
  ["^[a&&b]$", ["a", "&", "b"], ["c"]],
  ["^[a~~b]$", ["~"], ["c"]],
  ["^[+--]$", ["+", ",", "-"], ["."]],
  ["^[]a]$", ["]", "a"], ["b"]],
  ["^[^]a]$", ["b"], ["]", "a"]],
  ["^[\\w-.]$", ["-", ".", "a"], ["+"]],
  ["^[a-z-9]$", ["-", "9", "c"], ["8"]],
  ["^[[:alpha:][:^space:]]$", ["a", "-"], [" "]],
  // Escapes.
  ['^\\<\\>\\/\\_\\"\\ $', ['<>/_" '], []],
  ["^\\Qa.b[\\E.$", ["a.b[x"], ["axb[x"]],
  ["^\\Qa.b", ["a.b"], ["axb"]],
  ["^\\101\\060[\\102]\\x43\\x{44}$", ["A0BCD"], []],
  ["^\\pL\\p{Greek}[\\p{Lu}]$", ["a\u03b1A"], ["1\u03b1A"]],
  ["(?i)^key$", ["KEY"], []],
  ["^(?P<a>x)(?<b>y)(?:z)$", ["xyz"], []],
  ["^\u{1f389}[\u{1f389}-\u{1f38f}]$", ["\u{1f389}\u{1f38a}"], ["\u{1f389}"]],
];

Deno.test("fromGo gives a pattern that matches what Go's does", async () => {
  using patterns = await loadPatterns();
  for (const [pattern, matches, others] of GO) {
    const compiled = patterns.compile(fromGo(pattern).source);
    assert.ok(!("message" in compiled), `${pattern}: ${JSON.stringify(compiled)}`);
    for (const text of matches) assert.ok(compiled.test(text), `${pattern} ${text}`);
    for (const text of others) assert.ok(!compiled.test(text), `${pattern} ${text}`);
  }
});

Deno.test("fromGo keeps one group, and counts all", async () => {
  using patterns = await loadPatterns();
  const { source, groups } = fromGo("(a)(?P<n>b)?([(])(?i:(c))", 3);
  assert.equal(groups, 4);
  const compiled = patterns.compile(source);
  if ("message" in compiled) throw new Error(compiled.message);
  assert.deepEqual(compiled.groupsOf("xa(c", { start: 1, end: 4 }), [{ start: 2, end: 3 }]);
});

Deno.test("fromGo places faults in the pattern as it was written", async () => {
  using patterns = await loadPatterns();
  for (
    const [pattern, offset] of [
      ["\\d\\d(x", 4],
      ["a{x}(?=b)", 4],
      ["\\w+[z-a]", 4],
      ["[[\\d](", 5],
      ["\\b\\1", 2],
    ] as const
  ) {
    const translated = fromGo(pattern), fault = patterns.compile(translated.source);
    if (!("message" in fault)) throw new Error(`${pattern} compiles`);
    assert.equal(translated.placed(fault).offset, offset, pattern);
  }
});

Deno.test("RustPattern.groupsOf gives the groups that took part, in any text", async () => {
  using patterns = await loadPatterns();
  const pattern = patterns.compile("(a)?(\u00e9+)(x*)(z)$");
  if ("message" in pattern) throw new Error(pattern.message);
  const text = "\u{1f389}\u00e9 - \u00e9\u00e9z", [match] = pattern.findAll(text);
  assert.deepEqual(
    pattern.groupsOf(text, match!).map(({ start, end }) => text.slice(start, end)),
    ["\u00e9\u00e9", "z"],
  );
});

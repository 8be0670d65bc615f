import assert from "node:assert/strict";
import fc from "fast-check";
import { loadPatterns, type Patterns } from "../../src/patterns/pattern.ts";
import { PatternGroup } from "../../src/patterns/pattern_group.ts";
import { ScanTimeout } from "../../src/patterns/scan_budget.ts";
import type { Pattern } from "../../src/expr/checker.ts";

/** Members of a sealed group, in the order of their sources; the first of them were `expected`. */
function groupOf(sources: readonly string[], patterns: Patterns, expected = 0): Pattern[] {
  const group = new PatternGroup(patterns);
  group.expect(sources.slice(0, expected));
  const members = sources.map((source) => {
    const member = group.compile(source);
    if ("message" in member) throw new Error(member.message);
    return member;
  });
  group.seal();
  return members;
}

Deno.test("PatternGroup finds what each pattern finds by itself, however many there are", async () => {
  using patterns = await loadPatterns();
  const piece = fc.constantFrom(
    "a",
    "b",
    "ab",
    "^",
    "$",
    "\\b",
    ".",
    "[ab]",
    "a+",
    "(?i)B",
    "é",
    "a{2}",
  );
  const source = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(""));
  const text = fc.array(fc.constantFrom("a", "b", " ", "B", "é", "\n"), { maxLength: 8 })
    .map((letters) => letters.join(""));
  fc.assert(
    fc.property(
      fc.array(source, { minLength: 1, maxLength: 20 }),
      fc.array(text, { maxLength: 30 }),
      fc.nat(20),
      (sources, texts, expected) => {
        const members = groupOf(sources, patterns, expected);
        for (const text of texts) {
          for (const [index, member] of members.entries()) {
            const alone = patterns.compile(sources[index]!);
            if ("message" in alone) throw new Error(alone.message);
            assert.equal(member.test(text), alone.test(text), `${sources[index]} in ${text}`);
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("PatternGroup has more than one set where there are many", async () => {
  using patterns = await loadPatterns();
  const members = groupOf(Array.from({ length: 300 }, (_, n) => `\\bx${n}\\b`), patterns);
  for (const n of [0, 127, 128, 255, 256, 299]) {
    const text = `y x${n} z`;
    assert.deepEqual(members.flatMap((member, i) => member.test(text) ? [i] : []), [n]);
  }
});

Deno.test("PatternGroup gives the fault of a pattern, and goes on", async () => {
  using patterns = await loadPatterns();
  const group = new PatternGroup(patterns);
  const fault = group.compile("a(");
  assert.ok("message" in fault);
  const members = Array.from({ length: 10 }, (_, n) => group.compile(`a${n}`) as Pattern);
  assert.equal(group.compile("a3"), members[3]);
  group.seal();
  assert.deepEqual(members.map((member) => member.test("a3 a7")).indexOf(true), 3);
});

Deno.test("PatternGroup compiles none by itself that was expected, and finds the one that is wrong", async () => {
  using patterns = await loadPatterns();
  let compiled = 0;
  const compile: Patterns["compile"] = (...words) => {
    compiled++;
    return patterns.compile(...words);
  };
  const group = new PatternGroup({ ...patterns, compile });
  const sources = Array.from({ length: 200 }, (_, n) => n === 77 ? "a(" : `\\bz${n}\\b`);
  group.expect(sources);
  assert.equal(compiled, 0);
  const members = sources.map(group.compile);
  group.seal();
  assert.deepEqual(members.flatMap((member, n) => "message" in member ? [n] : []), [77]);
  assert.ok(compiled <= 8, `${compiled} were compiled by themselves`);
  const found = members.flatMap((member, n) =>
    "test" in member && member.test("z5 z150") ? [n] : []
  );
  assert.deepEqual(found, [5, 150]);
});

Deno.test("PatternGroup goes on with the set where a pattern is too large by itself", async () => {
  using patterns = await loadPatterns();
  let nowMs = 0;
  const compile: Patterns["compile"] = () => ({ message: "too large", offset: 0, length: 0 });
  const group = new PatternGroup({ ...patterns, compile }, () => nowMs += 10);
  const sources = Array.from({ length: 10 }, (_, n) => `a${n}`);
  group.expect(sources);
  const members = sources.map((source) => group.compile(source) as Pattern);
  group.seal();
  for (let n = 0; n < 200; n++) assert.equal(members[n % 10]!.test(`x a${n % 10} ${n}`), true);
});

Deno.test("PatternGroup counts its searches, and remembers none that was cut off", async () => {
  using patterns = await loadPatterns();
  const [first] = groupOf(Array.from({ length: 10 }, (_, n) => `a${n}`), patterns);
  const text = "x".repeat(100_000) + "a0";
  patterns.startScan({ maxScanWork: 1000, maxScanMs: 10_000 });
  assert.throws(() => first!.test(text), ScanTimeout);
  patterns.endScan();
  assert.equal(first!.test(text), true);
});

Deno.test("PatternGroup searches one by one where a set takes longer", async () => {
  using patterns = await loadPatterns();
  let nowMs = 0, searches = 0;
  const group = new PatternGroup(patterns, () => {
    searches++;
    return nowMs += 10;
  });
  const members = Array.from({ length: 10 }, (_, n) => group.compile(`a${n}`) as Pattern);
  group.seal();
  for (let n = 0; n < 100; n++) assert.equal(members[n % 10]!.test(`x a${n % 10} ${n}`), true);
  assert.equal(searches, 2 * 64);
});

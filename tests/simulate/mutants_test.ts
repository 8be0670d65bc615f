import assert from "node:assert/strict";
import { loadPatterns, type Patterns } from "../../src/patterns/pattern.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import type { Policy } from "../../src/policy/rules.ts";
import { isNoticed, mutantsOf } from "../../src/simulate/mutants.ts";

const NOON = Date.parse("2026-04-02T12:00:00Z");

async function withPolicy(
  text: string,
  use: (policy: Policy, patterns: Patterns) => void,
): Promise<void> {
  using patterns = await loadPatterns();
  use(await parsePolicy([{ file: "p.toml", text }], patterns), patterns);
}

/** A rule, and the changes of it. */
const CHANGES: readonly (readonly [rule: string, ...changes: string[]])[] = [
  [`tool = "a"\naction = "deny"`, "left out", "in shadow", "allowing", "for all tools"],
  [`tool = "*"\naction = "allow"`, "left out", "in shadow", "denying"],
  [`tool = "*"\naction = "deny"\nmode = "shadow"`, "left out", "enforced", "allowing"],
  [
    `tool = "a"\naction = "deny"\ncondition = "arguments.a == 'x' and not arguments.n > 2"`,
    ...["left out", "without its condition", "without arguments.a == 'x'"],
    ...["without not arguments.n > 2", "with arguments.n > 3", "with arguments.n > 1"],
    ...["in shadow", "allowing"],
  ],
  [
    `tool = "a"\naction = "rate_limit"\nmax_calls = 5\nwindow_seconds = 9`,
    ...["left out", "in shadow", "with max_calls = 6", "with max_calls = 4"],
  ],
  [
    `tool = "a"\naction = "rate_limit"\nmax_calls = 100000\nwindow_seconds = 9`,
    ...["left out", "in shadow"],
  ],
  [
    `tool = "a"\naction = "redact"\npattern = "k+"\ncondition = "tool.name == 'a'"`,
    ...["left out", "without its condition", "in shadow", "redacting everything"],
  ],
  // The condition is the pattern once more.
  [
    `tool = "a"\naction = "redact"\npattern = "k+"\ncondition = "arguments matches 'k+'"`,
    ...["left out", "in shadow", "redacting everything"],
  ],
];

for (const [rule, ...changes] of CHANGES) {
  Deno.test(`mutantsOf ${rule.replaceAll("\n", ", ")}`, async () => {
    await withPolicy(`[[rules]]\nid = "r"\n${rule}\n`, (policy, patterns) => {
      const mutants = [...mutantsOf(policy, patterns)];
      assert.deepEqual(mutants.map(({ change }) => change), changes);
      for (const { rule, policy: changed } of mutants) {
        assert.equal(rule, "r");
        assert.notDeepEqual(changed.rules, policy.rules);
      }
    });
  });
}

Deno.test("mutantsOf changes one rule at a time, in its place, and only those that are meant", async () => {
  const rule = (id: string) => `[[rules]]\nid = "${id}"\ntool = "*"\naction = "allow"\n`;
  await withPolicy(rule("a") + rule("b") + rule("c"), (policy, patterns) => {
    const mutants = [...mutantsOf(policy, patterns, (id) => id === "b")];
    assert.deepEqual(
      mutants.map(({ policy }) => policy.rules.map(({ id, action }) => `${id} ${action}`)),
      [
        ["a allow", "c allow"],
        ["a allow", "b allow", "c allow"],
        ["a allow", "b deny", "c allow"],
      ],
    );
  });
});

Deno.test("isNoticed: a changed condition decides otherwise, and a test at its border sees it", async () => {
  const test = (hour: string, expect: string) =>
    `[[tests]]\nname = "at ${hour}"\ntool = "a"\ntime = "2026-04-02T${hour}:00:00Z"\n` +
    `expect = "${expect}"\n`;
  const rule = `[[rules]]\nid = "late"\ntool = "a"\naction = "deny"\n` +
    `condition = "time.hour < 9 or time.hour >= 18"\n`;
  const tests = [test("12", "allow"), test("08", "deny"), test("09", "allow")];
  await withPolicy(rule + tests.join(""), (policy, patterns) => {
    const unnoticed = [...mutantsOf(policy, patterns)]
      .filter((mutant) => !isNoticed(mutant, patterns, NOON)).map(({ change }) => change);
    assert.deepEqual(unnoticed, [
      "without time.hour >= 18",
      "with time.hour >= 19",
      "with time.hour >= 17",
    ]);
  });
});

Deno.test("isNoticed: redaction that refuses a number of the result", async () => {
  const text = `[[rules]]\nid = "n"\ntool = "a"\naction = "redact"\npattern = "secret"\n` +
    `numbers = "refuse"\n[[tests]]\nname = "t"\ntool = "a"\nresult = { n = 5 }\n` +
    `expect = "allow"\nexpect_result = { n = 5 }\n`;
  await withPolicy(text, (policy, patterns) => {
    const all = [...mutantsOf(policy, patterns)]
      .find(({ change }) => change === "redacting everything");
    assert.equal(isNoticed(all!, patterns, NOON), true);
  });
});

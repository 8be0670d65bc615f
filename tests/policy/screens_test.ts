import assert from "node:assert/strict";
import fc from "fast-check";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { PolicyEngine, RuleBuckets } from "../../src/policy/engine.ts";
import type { CallEnv } from "../../src/policy/env.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { rule } from "./harness.ts";

async function engineOf(
  rules: readonly string[],
  patterns: Awaited<ReturnType<typeof loadPatterns>>,
) {
  const policy = await parsePolicy([{ file: "policy.toml", text: rules.join("\n") }], patterns);
  return new PolicyEngine(policy, "server", patterns, new RuleBuckets(() => 0));
}

function envOf(args: unknown): CallEnv {
  return { arguments: args, tool: "bash", server: "server", method: "tools/call" } as CallEnv;
}

const counter = { take: () => undefined, giveBack: () => {} };

Deno.test("screens: rules that search one place are passed over at once, and hold as before", async () => {
  using patterns = await loadPatterns();
  const letter = fc.constantFrom("a", "b", "c", "d"),
    place = fc.constantFrom("arguments.x", "arguments");
  const search = fc.tuple(place, fc.constantFrom("matches", "contains_pattern"), letter, letter)
    .map(([place, operator, one, two]) => `${place} ${operator} '${one}${two}+'`);
  const condition = fc.oneof(
    { weight: 6, arbitrary: search },
    search.map((search) => `${search} and arguments.y == 1`),
    search.map((search) => `arguments.y == 1 and ${search}`),
    search.map((search) => `not (${search})`),
    search.map((search) => `${search} or arguments.y == 2`),
  );
  const ruleOf = fc.record({
    condition,
    action: fc.constantFrom("deny", "allow", "deny"),
    mode: fc.constantFrom("enforce", "shadow", "shadow"),
  });
  const text = fc.array(letter, { maxLength: 5 }).map((letters) => letters.join(""));
  const value = fc.oneof(
    text,
    fc.array(text, { maxLength: 3 }),
    text.map((text) => JSON.stringify([text])),
    text.map((text) => ({ [text]: text })),
    text.map((text) => `{"x": "${text}", x: `),
  );
  const args = fc.oneof(
    fc.record({ x: value, y: fc.constantFrom(1, 2, 3) }, { requiredKeys: [] }),
    fc.record({ X: value, x: value }),
    value.map((x) => JSON.stringify({ x })),
    value.map((x) => [{ x }]),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(ruleOf, { minLength: 8, maxLength: 30 }),
      fc.array(args, { minLength: 1, maxLength: 20 }),
      async (rules, all) => {
        const engine = await engineOf(rules.map((fields, n) => rule(`r${n}`, fields)), patterns);
        for (const args of all) {
          const env = envOf(args);
          // Whoever is told of each step gets each rule asked.
          const { rule, action, shadow } = engine.decide(env, counter, () => {});
          const screened = engine.decide(env, counter);
          assert.deepEqual([screened.rule, screened.action, screened.shadow], [
            rule,
            action,
            shadow,
          ]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("screens: a thousand rules are one search for each set, and one that finds something asks them", async () => {
  using patterns = await loadPatterns();
  const rules = Array.from(
    { length: 1000 },
    (_, n) => rule(`r${n}`, { condition: `arguments.x matches 'bad-${n}\\b'`, action: "deny" }),
  );
  const engine = await engineOf(rules, patterns);
  const { screens } = engine.rulesOf("bash");
  const runs = screens.flatMap((screen, first) =>
    screen === undefined ? [] : [[first, screen.last]]
  );
  assert.deepEqual(runs.at(0), [0, 127]);
  assert.deepEqual(runs.at(-1), [896, 999]);
  assert.equal(runs.length, 8);
  assert.equal(engine.decide(envOf({ x: "fine" }), counter).rule, null);
  assert.equal(engine.decide(envOf({ x: "a bad-777" }), counter).rule?.id, "r777");
  assert.equal(engine.decide(envOf({ x: ["bad-12", "bad-900"] }), counter).rule?.id, "r12");
});

/** What a condition costs a call: the README's five, with the real engine and with one that does nothing. */

import { compileCondition, type Condition } from "../src/expr/condition.ts";
import type { PatternCompiler } from "../src/expr/checker.ts";
import type { Root } from "../src/expr/roots.ts";
import { loadPatterns } from "../src/patterns/pattern.ts";

interface World {
  readonly arguments: unknown;
  readonly hour: number;
}

const roots: readonly Root<World>[] = [
  { path: ["arguments"], type: "json", read: (env) => env.arguments },
  { path: ["time", "hour"], type: "number", read: (env) => env.hour },
];

const README = [
  "arguments.command matches 'rm.*-rf'",
  "arguments contains_pattern 'sk-[a-zA-Z0-9]+'",
  "time.hour < 9",
  "time.hour > 18 or time.hour < 9",
  "!arguments.command matches 'safe-pattern'",
];

const PLAIN = [
  "arguments.command == 'ls' and not arguments.force",
  "arguments.command in ['ls', 'cat', 'pwd'] or arguments.command starts_with 'git '",
];

function compiled(source: string, patterns: PatternCompiler): Condition<World> {
  const result = compileCondition(source, { roots, patterns });
  if (!result.ok) throw new Error(result.errors[0]?.message);
  return result.condition;
}

const call: World = { arguments: { command: "ls -la /home/user/project", timeout: 30 }, hour: 12 };
const { compile } = await loadPatterns();

for (const source of [...README, ...PLAIN]) {
  const condition = compiled(source, compile);
  Deno.bench(`evaluate: ${source}`, () => {
    condition.evaluate(call);
  });
}

const bare = compiled(README[0]!, () => ({ test: () => false }));
Deno.bench("evaluate: matches, without the engine", () => {
  bare.evaluate(call);
});

const listed: World = { arguments: { command: ["rm", "-rf", "/"] }, hour: 12 };
const search = compiled(README[0]!, compile);
Deno.bench("evaluate: matches on a list of three", () => {
  search.evaluate(listed);
});

Deno.bench("compile: the README's five, engine apart", () => {
  for (const source of README) compiled(source, () => ({ test: () => false }));
});

for (
  const [name, text] of [["25 bytes", "ls -la /home/user/project"], [
    "1 MB",
    "lorem ipsum ".repeat(83_333),
  ]] as const
) {
  const pattern = compile("(rm\\s+-rf|rm\\s+-fr)");
  if (!("test" in pattern)) throw new Error(pattern.message);
  Deno.bench(`pattern: test ${name}`, () => {
    pattern.test(text);
  });
  Deno.bench(`pattern: findAll ${name}`, () => {
    pattern.findAll(text);
  });
}

/** Conditions over a small world of their own: the language knows nothing of MCP, and neither do these. */

import assert from "node:assert/strict";
import type { PatternCompiler } from "../../src/expr/checker.ts";
import { compileCondition, type Condition } from "../../src/expr/condition.ts";
import type { Root } from "../../src/expr/roots.ts";
import type { ConditionError } from "../../src/expr/span.ts";
import type { TernaryName } from "../../src/expr/ternary.ts";
import { nameOf } from "../../src/expr/ternary.ts";
import { nearest } from "../../src/nearest.ts";

export interface World {
  readonly arguments?: unknown;
  readonly hour?: number;
  readonly date?: string;
  readonly tool?: string | undefined;
}

export const roots: readonly Root<World>[] = [
  { path: ["arguments"], type: "json", read: (env) => env.arguments },
  { path: ["tool", "name"], type: "string", read: (env) => env.tool },
  { path: ["time", "hour"], type: "number", read: (env) => env.hour ?? 12 },
  { path: ["time", "date"], type: "string", read: (env) => env.date ?? "2026-04-03" },
  { path: ["flag"], type: "boolean", read: () => true },
  {
    path: ["result"],
    type: "json",
    read: () => undefined,
    refusal: "only rules that look at results can ask for it",
  },
];

/** Any engine will do; its errors stand at the last character of the pattern. */
export const patterns: PatternCompiler = (source) => {
  try {
    return new RegExp(source, "u");
  } catch {
    return { message: "not a pattern", offset: source.length - 1, length: 1 };
  }
};

export function condition(source: string): Condition<World> {
  const compiled = compileCondition<World>(source, { roots, patterns, suggest: nearest });
  if (!compiled.ok) assert.fail(`${source}: ${JSON.stringify(compiled.errors)}`);
  return compiled.condition;
}

/** The answer's word, which every explanation must give, too. */
export function answer(source: string, world: World = {}): TernaryName {
  const asked = condition(source);
  const result = nameOf(asked.evaluate(world));
  assert.equal(asked.explain(world).result, result, source);
  return result;
}

/** The answer about `arguments.x`. */
export function about(x: unknown, source: string): TernaryName {
  return answer(source, { arguments: { x } });
}

export function errors(source: string): readonly ConditionError[] {
  const compiled = compileCondition<World>(source, { roots, patterns, suggest: nearest });
  return compiled.ok ? [] : compiled.errors;
}

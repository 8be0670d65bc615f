/**
 * Tests of a learned rule: calls as they were made, and for each shape one just outside of it.
 *
 * @module
 */

import { TRUE } from "../../expr/ternary.ts";
import type { CallEnv } from "../../policy/env.ts";
import { inlineToml } from "./literal.ts";
import type { Clause, ToolRule } from "./tool_rule.ts";

/** A test, as the file has it. */
export interface LearnedTest {
  readonly name: string;
  /** An inline table. */
  readonly arguments: string;
  readonly expect: "allow" | "deny";
}

/** The tests of a rule; none where no call may be shown. */
export function testsOf({ tool, clauses }: ToolRule): readonly LearnedTest[] {
  // A link may lead elsewhere than it did then.
  const samples = tool.samples.filter((args) => clauses.every((clause) => holds(clause, args)));
  const seen = samples.map((args, n): LearnedTest => ({
    ...{ name: `as it was called (${n + 1})`, arguments: inlineToml(args)!, expect: "allow" },
  }));
  const [sample] = samples;
  if (sample === undefined) return [];
  const outside = clauses.flatMap((clause): LearnedTest[] => {
    const text = justOutside(clause, sample);
    if (text === undefined) return [];
    return [{ name: `${clause.place} just outside`, arguments: text, expect: "deny" }];
  });
  return [...seen, ...outside];
}

/** The call with an argument that does not meet the clause; undefined where there is none. */
function justOutside(clause: Clause, sample: unknown): string | undefined {
  const { path, outside } = clause;
  if (outside === undefined) return undefined;
  const changed = structuredClone(sample), keys = [...path], last = keys.pop()!;
  let holder = changed as Record<string, unknown>;
  for (const key of keys) {
    const next = Object.hasOwn(holder, key) ? holder[key] : undefined;
    if (typeof next !== "object" || next === null) return undefined;
    holder = next as Record<string, unknown>;
  }
  const value = Object.hasOwn(holder, last) && Array.isArray(holder[last]) ? [outside] : outside;
  // The key may be `__proto__`, which an assignment would not add.
  Object.defineProperty(holder, last, { value, enumerable: true, writable: true });
  return holds(clause, changed) ? undefined : inlineToml(changed);
}

/** Whether a clause holds for a call, which it asks for nothing but its arguments. */
function holds({ condition }: Clause, args: unknown): boolean {
  return condition.evaluate({ arguments: args } as CallEnv) === TRUE;
}

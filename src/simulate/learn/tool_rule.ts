/**
 * The rule that lets a tool do what was seen of it, clause by clause.
 *
 * @module
 */

import { compileCondition, type Compiled, type Condition } from "../../expr/condition.ts";
import type { Matcher } from "../../expr/matcher.ts";
import { TRUE } from "../../expr/ternary.ts";
import type { Patterns } from "../../patterns/pattern.ts";
import { type CallEnv, ROOTS } from "../../policy/env.ts";
import type { Argument } from "./argument.ts";
import { placeOf } from "./literal.ts";
import type { SeenTool } from "./tool.ts";

/** Characters of a condition, with some room. */
const MAX_CONDITION_CHARS = 4000;

/** What clauses are compiled with. */
export interface Terms {
  readonly patterns: Patterns;
  readonly matchers: ReadonlyMap<string, Matcher>;
}

/** A part of the rule's condition; all of them have to hold. */
export interface Clause {
  /** As conditions write it: `arguments.path`. */
  readonly place: string;
  readonly path: readonly string[];
  readonly text: string;
  readonly condition: Condition<CallEnv>;
  /** A value that does not meet it; undefined for none. */
  readonly outside: unknown;
  /** Undefined where the argument was never seen. */
  readonly argument: Argument | undefined;
}

/** The rule of one tool. */
export class ToolRule {
  #clauses: readonly Clause[];

  /** @param listed Names of arguments that the server has listed. */
  constructor(readonly tool: SeenTool, readonly listed: readonly string[], terms: Terms) {
    this.#clauses = [...clausesOf(tool, terms), ...unusedOf(tool, listed, terms)];
    this.#shorten();
  }

  /** The parts of its condition. */
  get clauses(): readonly Clause[] {
    return this.#clauses;
  }

  /** Gives those clauses up that do not hold for a call that was seen. */
  keepWhatHolds(env: CallEnv): void {
    const fails = ({ condition }: Clause) => condition.evaluate(env) !== TRUE;
    if (this.#clauses.some(fails)) this.#giveUp(fails, "it can be read in more than one way");
  }

  /** The longest clauses go first. */
  #shorten(): void {
    const chars = () => this.#clauses.reduce((sum, { text }) => sum + text.length + 5, 0);
    while (chars() > MAX_CONDITION_CHARS) {
      const longest = this.#clauses.reduce((a, b) => a.text.length < b.text.length ? b : a);
      this.#giveUp((clause) => clause === longest, "the condition would be too long");
    }
  }

  #giveUp(isMeant: (clause: Clause) => boolean, why: string): void {
    for (const { argument } of this.#clauses.filter(isMeant)) {
      if (argument !== undefined) argument.givenUp = why;
    }
    this.#clauses = this.#clauses.filter((clause) => !isMeant(clause));
  }
}

function clausesOf(tool: SeenTool, terms: Terms): Clause[] {
  return tool.arguments.flatMap((argument) => {
    const text = argument.condition(tool.calls);
    if (text === null) return [];
    const compiled = compiledBy(text, terms);
    if (!compiled.ok) {
      argument.givenUp = compiled.errors[0]?.message ?? "it cannot be written";
      return [];
    }
    const outside = argument.isObject ? undefined : argument.shape()?.outside;
    const { place, path } = argument;
    return [{ place, path, text, condition: compiled.condition, outside, argument }];
  });
}

/** Arguments that the tool has, and that nobody gives it. */
function unusedOf(tool: SeenTool, listed: readonly string[], terms: Terms): Clause[] {
  return listed.filter((name) => !tool.has(name)).flatMap((name) => {
    const place = placeOf([name]), text = `not exists(${place})`;
    const compiled = compiledBy(text, terms);
    if (!compiled.ok) return [];
    const { condition } = compiled;
    return [{ place, path: [name], text, condition, outside: "anything", argument: undefined }];
  });
}

function compiledBy(text: string, { patterns, matchers }: Terms): Compiled<CallEnv> {
  return compileCondition<CallEnv>(text, { roots: ROOTS, patterns: patterns.compile, matchers });
}

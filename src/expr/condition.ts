/**
 * Conditions: text in, a question that can be put to any call out. The door of this room.
 *
 * ```text
 * text ─ lex ─► tokens ─ parse ─► tree ─ check ─► tree and patterns ─ compile ─► closures
 * ```
 *
 * The language knows nothing of agents and tools: the names it may ask for and the engine of its
 * patterns are given by the caller.
 *
 * @module
 */

import type { Node } from "./ast.ts";
import { check, type PatternTable, type Terms } from "./checker.ts";
import { compile } from "./compile.ts";
import { explain, type Explanation } from "./explain.ts";
import { withLists } from "./lists.ts";
import { parse } from "./parser.ts";
import { print } from "./print.ts";
import { type NeededSearch, searchOf } from "./search.ts";
import type { ConditionError } from "./span.ts";
import { FALSE, type Ternary } from "./ternary.ts";
import { Frame } from "./frame.ts";

/** A condition that can be asked any number of times. */
export interface Condition<E> {
  /** As it was written. */
  readonly source: string;
  readonly ast: Node;
  /**
   * Answers for one input.
   *
   * @throws only what a root's `read` or a pattern's `test` throws.
   */
  evaluate(env: E): Ternary;
  /** Gives the same answer part by part, with the values that were seen. */
  explain(env: E): Explanation;
  /** The search that it begins with, and without which it does not hold; null when there is none. */
  readonly search: NeededSearch<E> | null;
  /** The condition of another tree, made of the parts of this one; numbers may be others. */
  changed(ast: Node): Condition<E>;
}

const NOT_CHECKED: ReturnType<typeof check> = Object.freeze({ errors: [], patterns: new Map() });

/** A condition, or all that is wrong with it. */
export type Compiled<E> =
  | { readonly ok: true; readonly condition: Condition<E> }
  | { readonly ok: false; readonly errors: readonly ConditionError[] };

/**
 * Reads, checks and compiles a condition, so that asking it later is cheap. Never throws.
 *
 * @returns The condition, or its errors in the order of the text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { TRUE } from "./ternary.ts";
 *
 * const compiled = compileCondition<{ command: string }>("command starts_with 'rm '", {
 *   roots: [{ path: ["command"], type: "string", read: (env) => env.command }],
 *   patterns: (source) => new RegExp(source),
 * });
 * if (!compiled.ok) throw new Error(compiled.errors[0]?.message);
 * assert.equal(compiled.condition.evaluate({ command: "rm -rf /" }), TRUE);
 * ```
 */
export function compileCondition<E>(source: string, terms: Terms<E>): Compiled<E> {
  const parsed = parse(source, terms.suggest);
  const { ast, errors } = withLists(parsed.ast, terms.lists ?? new Map(), terms.suggest);
  // A list that is not there is reported once, and not for being empty as well.
  const checked = errors.length > 0 ? NOT_CHECKED : check(ast, source, terms);
  const all = [...parsed.errors, ...errors, ...checked.errors].sort((a, b) => a.offset - b.offset);
  if (all.length > 0) return { ok: false, errors: all };
  return { ok: true, condition: conditionOf(ast, source, checked.patterns, terms) };
}

function conditionOf<E>(
  ast: Node,
  source: string,
  patterns: PatternTable,
  terms: Terms<E>,
): Condition<E> {
  const part = compile(ast, terms.roots, patterns, terms.matchers);
  // One frame serves every evaluation: they never overlap, for nothing in them awaits.
  const frame = new Frame();
  return Object.freeze({
    source,
    ast,
    evaluate: (env: E) => part.answer(env, frame),
    explain: (env: E) => explain(part, env),
    search: neededSearch(ast, patterns, terms),
    changed: (ast: Node) => conditionOf(ast, print(ast), patterns, terms),
  });
}

function neededSearch<E>(
  ast: Node,
  patterns: PatternTable,
  { roots, matchers }: Terms<E>,
): NeededSearch<E> | null {
  const node = searchOf(ast), pattern = node && patterns.get(node.right);
  if (node === undefined || pattern === undefined) return null;
  return {
    place: `${print(node.left)} ${node.operator}`,
    pattern,
    for(pattern) {
      const { answer } = compile(node, roots, new Map([[node.right, pattern]]), matchers);
      const frame = new Frame();
      return (env) => answer(env, frame) !== FALSE;
    },
  };
}

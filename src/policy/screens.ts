/**
 * Rules next to one another that search the same place for patterns of one set: where the set finds
 * nothing there, none of them holds, and all are passed over at once.
 *
 * @module
 */

import type { NeededSearch } from "../expr/search.ts";
import { type PatternUnion, unionOf } from "../patterns/pattern_group.ts";
import type { CallEnv } from "./env.ts";
import type { Rule } from "./rules.ts";

/** Fewer rules are asked one by one as fast. */
const LEAST_RULES = 4;

/** A run of rules that may be passed over together. */
export interface Screen {
  /** Place of the last of them. */
  readonly last: number;
  /** Whether none of them can hold for a call. */
  isClear(env: CallEnv): boolean;
}

/** Each at the place of the first rule of its run. */
export type Screens = readonly (Screen | undefined)[];

/** Finds the runs in a list of rules. */
export function screensOf(rules: readonly Rule[]): Screens {
  const screens: (Screen | undefined)[] = [];
  for (let first = 0, next = 0; first < rules.length; first = next) {
    const search = rules[first]!.condition?.search ?? null;
    const union = search === null ? null : unionOf(search.pattern);
    next = first + 1;
    if (search === null || union === null) continue;
    while (next < rules.length && isLike(rules[next]!, search, union)) next++;
    if (next - first >= LEAST_RULES) screens[first] = screen(search, union, next - 1);
  }
  return screens;
}

function isLike({ condition }: Rule, { place }: NeededSearch<CallEnv>, union: PatternUnion) {
  const search = condition?.search ?? null;
  return search !== null && search.place === place && unionOf(search.pattern) === union;
}

function screen(search: NeededSearch<CallEnv>, union: PatternUnion, last: number): Screen {
  const isFound = search.for(union);
  return { last, isClear: (env) => !union.isSlow && !isFound(env) };
}

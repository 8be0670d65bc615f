/**
 * Conditions that read what nobody knows any more: they are tried with every answer.
 *
 * @module
 */

import type { Condition } from "../../expr/condition.ts";
import type { Explanation } from "../../expr/explain.ts";
import { type Ternary, TRUE } from "../../expr/ternary.ts";
import type { CallEnv } from "../../policy/env.ts";
import type { Rule } from "../../policy/rules.ts";

/** Conditions of one call that are tried, at most. */
export const MAX_TRIED = 4;

/** Something that nobody knows, and the answers that it may have. */
interface Unknown {
  readonly key: string;
  readonly most: Ternary;
}

/** Results of all combinations. */
export interface Tried<T> {
  readonly results: readonly { readonly value: T; readonly answers: Answers }[];
  /** Whether these are all that there may be. */
  readonly isAll: boolean;
}

/** Answers of the unknowns of one combination, by their keys. */
export type Answers = ReadonlyMap<string, Ternary>;

/**
 * Notes which places are read that nobody knows, and gives the conditions that read them the answers of
 * a combination.
 */
export class Trial {
  /** Places that nobody knows and some condition has read, in words. */
  readonly places = new Set<string>();
  /** Whether of all of them it is likely what was there. */
  isLikely = true;
  #takesLikely = false;
  /** Those that the condition has read which was explained last, where its answer is of a combination. */
  explained: readonly string[] = [];
  #touched = false;
  #answers: Map<string, Ternary> = new Map();
  #unknowns: Unknown[] = [];
  #given: readonly Ternary[] = [];

  /** A place is read that nobody knows. */
  readonly touch = (place: string): void => {
    this.isLikely = false;
    this.touchLikely(place);
  };

  /** A place is read that nobody knows for certain; what is read is likely. */
  readonly touchLikely = (place: string): void => {
    this.#touched = true;
    this.places.add(place);
  };

  /** Answer of a condition; where it reads what nobody knows, that of the combination. */
  ask<E>(condition: Condition<E>, key: string, env: E): Ternary {
    this.#touched = false;
    const answer = condition.evaluate(env);
    return this.#touched && !this.#takesLikely ? this.answer(key, TRUE) : answer;
  }

  /** Explains a condition: what that reads is no doubt about the decision. */
  explain<E>(condition: Condition<E>, env: E): Explanation {
    const places = [...this.places], touched = this.#touched;
    this.places.clear();
    const explanation = condition.explain(env);
    this.explained = touched ? [...this.places] : [];
    this.places.clear();
    places.forEach((place) => this.places.add(place));
    this.#touched = touched;
    return explanation;
  }

  /** Answer of the combination for something that nobody knows. */
  answer(key: string, most: Ternary): Ternary {
    let answer = this.#answers.get(key);
    if (answer === undefined) {
      answer = this.#given[this.#unknowns.length] ?? 0;
      this.#unknowns.push({ key, most });
      this.#answers.set(key, answer);
    }
    return answer;
  }

  /** Decides with each combination of answers; where they are too many, with some. */
  all<T>(decide: () => T): Tried<T> {
    const results: { value: T; answers: Answers }[] = [];
    this.forget();
    let isAll = true, given: Ternary[] = [];
    for (;;) {
      this.#begin(given);
      results.push({ value: decide(), answers: this.#answers });
      isAll &&= this.#unknowns.length <= MAX_TRIED;
      const tried = this.#unknowns.slice(0, MAX_TRIED);
      given = tried.map((_, n) => given[n] ?? 0);
      while (given.length > 0 && given.at(-1) === tried[given.length - 1]!.most) given.pop();
      if (given.length === 0) return { results, isAll };
      given.push((given.pop()! + 1) as Ternary);
    }
  }

  /** Decides once more, with what is likely for what it is. */
  likely<T>(decide: () => T): T {
    this.#takesLikely = true;
    try {
      return decide();
    } finally {
      this.#takesLikely = false;
    }
  }

  /** Forgets which places were read. */
  forget(): void {
    this.places.clear();
    this.isLikely = true;
  }

  /** Decides once more, with the answers of a combination. */
  again<T>(answers: Answers, decide: () => T): T {
    this.#begin([]);
    this.#answers = new Map(answers);
    return decide();
  }

  #begin(given: readonly Ternary[]): void {
    this.#given = given;
    this.#answers = new Map();
    this.#unknowns = [];
  }
}

/**
 * The rules of a policy with conditions that can be tried. Those that redact are left out: they decide
 * nothing.
 *
 * @param mark Tells constants of this policy apart from those of another.
 */
export function triedRules(
  rules: readonly Rule[],
  trial: Trial,
  mark: string,
  promote: boolean,
): readonly Rule[] {
  return rules.filter(({ action }) => action !== "redact").map((rule): Rule => {
    const { condition } = rule, mode = promote ? "enforce" : rule.mode;
    if (condition === null) return { ...rule, mode };
    const { source } = condition;
    const key = /\blists\b/.test(source) ? `${mark} ${source}` : source;
    const evaluate = (env: CallEnv) => trial.ask(condition, key, env);
    const explain = (env: CallEnv) => trial.explain(condition, env);
    return { ...rule, mode, condition: { ...condition, evaluate, explain } };
  });
}

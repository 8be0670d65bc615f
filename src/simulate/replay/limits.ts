/**
 * The buckets of one policy in one run, filled as they were.
 *
 * @module
 */

import { limitKey, RuleBuckets } from "../../policy/engine.ts";
import type { LimitRule, Policy } from "../../policy/rules.ts";
import type { LimitCounter } from "../../policy/walk.ts";
import type { RunHistory } from "./run_history.ts";
import type { Trial } from "./trial.ts";

/** A counter that says what it has counted, by bucket. */
export interface TriedCounter extends LimitCounter {
  readonly taken: ReadonlyMap<string, LimitRule>;
}

/** Calls of one limit that its bucket may have counted or not. */
interface Doubts {
  readonly rule: LimitRule;
  readonly calls: readonly Doubt[];
}

/** Until when it matters, and how many calls of the limit of now it comes to. */
interface Doubt {
  readonly until: number;
  readonly weight: number;
}

/** Microseconds that rounding may have moved an end behind the beginning of the next call. */
const ROUNDING_MS = 0.001;

/** Rules that count, and what is left of their limits. */
export class ReplayLimits {
  readonly #buckets = new RuleBuckets(() => 0);
  readonly #trial: Trial;
  readonly #history: RunHistory | null;
  readonly #doubts = new Map<string, Doubts>();
  #returning: { readonly at: number; readonly counter: LimitCounter }[] = [];

  /** @param history Null where the clock of the run is not known. */
  constructor(trial: Trial, history: RunHistory | null) {
    this.#trial = trial;
    this.#history = history;
  }

  /** Applies the limits of another policy, at that time. */
  adopt(policy: Policy, nowMs: number): void {
    this.#giveBackUntil(nowMs);
    this.#buckets.adopt(policy, nowMs);
    const rules = new Map(
      policy.rules.flatMap((rule) => rule.action === "rate_limit" ? [[limitKey(rule), rule]] : []),
    );
    for (const [key, doubts] of this.#doubts) {
      const rule = rules.get(key);
      if (rule === undefined) this.#doubts.delete(key);
      else this.#doubts.set(key, resized(doubts, rule, nowMs));
    }
  }

  /** A counter for a decision that is tried. */
  try(nowMs: number): TriedCounter {
    this.#giveBackUntil(nowMs);
    const inner = this.#buckets.trial(nowMs), taken = new Map<string, LimitRule>();
    return {
      taken,
      take: (rule) => {
        // A doubt does not go on for ever: it is over when what caused it is out of the window.
        if (this.#isDoubtful(rule, nowMs)) return this.#tried(rule);
        const waitMs = inner.take(rule);
        if (waitMs === undefined) taken.set(limitKey(rule), rule);
        return waitMs;
      },
      giveBack: () => taken.clear(),
    };
  }

  /** A counter for the decision that is taken. */
  counter(nowMs: number): LimitCounter {
    this.#giveBackUntil(nowMs);
    const inner = this.#buckets.counter(nowMs);
    return {
      take: (rule) => {
        if (!this.#isDoubtful(rule, nowMs)) return inner.take(rule);
        const waitMs = this.#tried(rule), room = this.#buckets.roomOf(rule, nowMs);
        // The bucket follows the answer. What it has without having had room enough is in doubt.
        if (waitMs === undefined && inner.take(rule) !== undefined) {
          this.#noteDoubt(rule, nowMs, room);
        }
        return waitMs;
      },
      giveBack: () => inner.giveBack(),
    };
  }

  /** What was counted is given back at that time: the call was never forwarded. */
  giveBackAt(at: number, counter: LimitCounter): void {
    this.#returning.push({ at, counter });
  }

  /** Notes what one of several possible decisions has counted and another has not. */
  doubt(all: readonly TriedCounter[], nowMs: number): void {
    for (const [key, rule] of new Map(all.flatMap(({ taken }) => [...taken]))) {
      if (!all.every(({ taken }) => taken.has(key))) this.#noteDoubt(rule, nowMs, 1);
    }
  }

  /** Notes that a bucket may have so much more or less than it seems. */
  #noteDoubt(rule: LimitRule, nowMs: number, weight: number): void {
    const key = limitKey(rule), until = nowMs + rule.windowMs;
    this.#doubts.set(key, { rule, calls: [...this.#doubtsAt(key, nowMs), { until, weight }] });
  }

  /** Whether no limit can be unknown. */
  isSureAt(nowMs: number, longestMs: number): boolean {
    if (this.#history === null || nowMs - longestMs < this.#history.missingUntilMs) return false;
    for (const key of this.#doubts.keys()) {
      if (this.#doubtsAt(key, nowMs).length === 0) this.#doubts.delete(key);
    }
    return this.#doubts.size === 0;
  }

  /** Whether a limit may have room or not. */
  #isDoubtful(rule: LimitRule, nowMs: number): boolean {
    if (this.#history === null || nowMs - rule.windowMs < this.#history.missingUntilMs) return true;
    const doubts = this.#doubtsAt(limitKey(rule), nowMs);
    if (doubts.length === 0) return false;
    const calls = doubts.reduce((sum, { weight }) => sum + weight, 0);
    const room = this.#buckets.roomOf(rule, nowMs);
    return room >= 1 ? room - calls < 1 : room + calls >= 1;
  }

  #doubtsAt(key: string, nowMs: number): readonly Doubt[] {
    return this.#doubts.get(key)?.calls.filter(({ until }) => until > nowMs) ?? [];
  }

  /** The two answers that a limit may give, as those of a condition. */
  #tried({ id, mode, maxCalls, windowMs }: LimitRule): number | undefined {
    const key = `limit ${mode} ${id} ${maxCalls} ${windowMs}`;
    const why = this.#history === null
      ? "when calls came was not recorded"
      : "not all calls of its window are known";
    this.#trial.touch(`the limit of ${id}: ${why}`);
    return this.#trial.answer(key, 1) === 0 ? undefined : windowMs;
  }

  #giveBackUntil(nowMs: number): void {
    if (this.#returning.length === 0) return;
    const isDue = ({ at }: { readonly at: number }) => at <= nowMs + ROUNDING_MS;
    for (const { counter } of this.#returning.filter(isDue)) counter.giveBack();
    this.#returning = this.#returning.filter((one) => !isDue(one));
  }
}

/** Doubts of a limit that was changed: the share of the bucket that they are of stays the same. */
function resized({ rule: old, calls }: Doubts, rule: LimitRule, nowMs: number): Doubts {
  if (old.maxCalls === rule.maxCalls && old.windowMs === rule.windowMs) return { rule, calls };
  const resize = ({ weight }: Doubt): Doubt => ({
    until: nowMs + rule.windowMs,
    weight: weight * rule.maxCalls / old.maxCalls,
  });
  return { rule, calls: calls.filter(({ until }) => until > nowMs).map(resize) };
}

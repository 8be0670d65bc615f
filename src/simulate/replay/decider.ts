/**
 * Decides one recorded call with every combination of what nobody knows, and then for good.
 *
 * @module
 */

import type { PolicyEngine } from "../../policy/engine.ts";
import type { CallEnv } from "../../policy/env.ts";
import type { Decision, Step } from "../../policy/walk.ts";
import type { Pair } from "./comparison.ts";
import type { Possible } from "./judgement.ts";
import type { TriedCounter } from "./limits.ts";
import { type Made, nowOf, type RecordedRow, recordedShadow, wordOf } from "./recorded_call.ts";
import type { RecordedEnv } from "./recorded_env.ts";
import type { ReplayTools } from "./replay_policy.ts";
import { decide, madeOf, type Prepared } from "./side.ts";
import type { Answers } from "./trial.ts";

/** Hears of the walk that decides a call: where several are possible, of the one that is likeliest. */
export interface WalkListener {
  /** A rule that the walk has come to, and what nobody knows of what its condition reads. */
  step(step: Step, unknown: readonly string[]): void;
  decided(engine: PolicyEngine, env: CallEnv, decision: Decision): void;
}

/** A call that a policy was asked about. */
export interface AskedCall {
  readonly row: RecordedRow;
  readonly recorded: Made;
  readonly env: RecordedEnv;
}

/** What a decision counts: for good, or only to try. */
type Counting = TriedCounter | "for good";

/** Decides with the new policy, and with the old one where there is one. */
export class Decider {
  listener: WalkListener | undefined;
  readonly #tools: ReplayTools;

  constructor(tools: ReplayTools) {
    this.#tools = tools;
  }

  /**
   * Decides a call.
   *
   * @param old Null to compare with what is recorded.
   * @param isSure Whether all is known that the policies may ask for.
   * @returns The decisions that are possible, one that is likely, and whether these are all.
   */
  decide(
    call: AskedCall,
    after: Prepared,
    old: Prepared | null,
    isSure: boolean,
  ): Pick<Possible, "pairs" | "likely" | "isAll"> {
    const { trial } = this.#tools;
    const forGood = () => this.#pair(call, after, old, "for good", "for good");
    if (isSure) {
      trial.forget();
      const pair = trial.again(NO_ANSWERS, forGood);
      return { pairs: [pair], likely: null, isAll: trial.places.size === 0 };
    }
    const { results, isAll } = this.#tried(call, after, old), now = nowOf(call.row);
    const spelled = trial.isLikely
      ? trial.likely(() =>
        this.#pair(call, after, old, after.limits.try(now), old?.limits.try(now) ?? "for good")
      )
      : null;
    // Where several are possible, what was recorded is the likeliest.
    const recorded = wordOf(call.recorded);
    const likely = results.find(({ value }) => wordOf(value.after) === recorded) ?? results[0]!;
    const places = [...trial.places];
    trial.again(likely.answers, forGood);
    trial.places.clear();
    places.forEach((place) => trial.places.add(place));
    return { pairs: results.map(({ value }) => value), likely: spelled, isAll };
  }

  /** Decides with every combination, and notes which limits that leaves in doubt. */
  #tried(call: AskedCall, after: Prepared, old: Prepared | null) {
    const now = nowOf(call.row), counters: TriedCounter[] = [], oldCounters: TriedCounter[] = [];
    const tried = this.#tools.trial.all(() => {
      const counter = after.limits.try(now), oldCounter = old?.limits.try(now);
      counters.push(counter);
      if (oldCounter !== undefined) oldCounters.push(oldCounter);
      return this.#pair(call, after, old, counter, oldCounter ?? "for good");
    });
    if (tried.results.length > 1) {
      after.limits.doubt(counters, now);
      old?.limits.doubt(oldCounters, now);
    }
    return tried;
  }

  #pair(
    call: AskedCall,
    after: Prepared,
    old: Prepared | null,
    afterBy: Counting,
    oldBy: Counting,
  ): Pair {
    const listener = afterBy === "for good" ? this.listener : undefined;
    const made = this.#made(call, after, afterBy, listener);
    const was = old === null ? null : this.#made(call, old, oldBy);
    const shadow = () => this.#tools.promote ? [] : recordedShadow(call.row);
    return {
      before: was?.made ?? call.recorded,
      after: made.made,
      shadowBefore: was?.shadow ?? shadow(),
      shadowAfter: made.shadow,
    };
  }

  /** One decision; one for good counts, and gives back what the call gave back. */
  #made(
    { row, recorded, env }: AskedCall,
    prepared: Prepared,
    by: Counting,
    listener?: WalkListener,
  ): { readonly made: Made; readonly shadow: readonly string[] } {
    const { trial, promote } = this.#tools, { engine, limits } = prepared;
    const counter = by === "for good" ? limits.counter(nowOf(row)) : by;
    const onStep = listener === undefined
      ? undefined
      : (step: Step) => listener.step(step, step.condition === null ? [] : trial.explained);
    const decision = decide(prepared, env, counter, onStep);
    listener?.decided(engine, env, decision);
    const neverLeft = recorded.action === "allow" && row.forwarded === 0;
    if (by === "for good" && decision.action === "allow" && neverLeft) {
      limits.giveBackAt(nowOf(row) + (row.latency_us ?? 0) / 1000, counter);
    }
    return { made: madeOf(decision), shadow: promote ? [] : decision.shadow };
  }
}

const NO_ANSWERS: Answers = new Map();

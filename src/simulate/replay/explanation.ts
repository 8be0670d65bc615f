/**
 * Why a recorded call is decided as it is: what the walk of its replay made of every rule.
 *
 * @module
 */

import type { PolicyEngine } from "../../policy/engine.ts";
import type { CallEnv } from "../../policy/env.ts";
import { type RulePlace, rulePlaces } from "../../policy/rule_places.ts";
import type { Rule } from "../../policy/rules.ts";
import type { Decision, Step } from "../../policy/walk.ts";
import { reportOf, type RuleReport } from "../rule_report.ts";
import type { SimulationExplanation } from "../simulation.ts";
import type { WalkListener } from "./decider.ts";
import type { ReplayedCall } from "./judgement.ts";
import { type RecordedRow, wordOf } from "./recorded_call.ts";
import type { Replay } from "./replay.ts";

/** The reasons for a decision on a recorded call. Plain data. */
export interface RecordedExplanation extends SimulationExplanation {
  /** Files of the policy that decides. */
  readonly policy: readonly string[];
  /** Where each of its rules stands, by its id. */
  readonly places: Readonly<Record<string, RulePlace>>;
  /** What was decided then, in one word: `deny:no-rm`. */
  readonly recorded: string;
  /** Whether no other decision is possible. */
  readonly exact: boolean;
  /** What nobody knows, in words. */
  readonly unknown: readonly string[];
  /** The decision that weighs most, where others are possible than the one that is explained. */
  readonly possible: string | null;
}

/** What can be said of a call. */
export type Explained =
  | { readonly explanation: RecordedExplanation }
  /** It cannot be decided again. */
  | { readonly recorded: string; readonly unknown: readonly string[] }
  | { readonly notAsked: string };

/** Decides the next call of a replay, and explains it. */
export async function explainNext(replay: Replay, row: RecordedRow): Promise<Explained> {
  const walk = new Walk();
  replay.listener = walk;
  const replayed = await replay.next(row);
  replay.listener = undefined;
  if ("notAsked" in replayed) return { notAsked: replayed.notAsked };
  const explanation = await walk.explanation(replayed);
  if (explanation !== null) return { explanation };
  return { recorded: wordOf(replayed.before), unknown: replayed.unknown };
}

/** Remembers a walk. */
class Walk implements WalkListener {
  readonly #steps = new Map<Rule, Step & { readonly unknown: readonly string[] }>();
  #end:
    | { readonly engine: PolicyEngine; readonly env: CallEnv; readonly decision: Decision }
    | null = null;

  step(step: Step, unknown: readonly string[]): void {
    this.#steps.set(step.rule, { ...step, unknown });
  }

  decided(engine: PolicyEngine, env: CallEnv, decision: Decision): void {
    this.#end = { engine, env, decision };
  }

  /** What it came to; null where there was none. */
  async explanation(
    { row, before, after, isExact, unknown }: ReplayedCall,
  ): Promise<RecordedExplanation | null> {
    if (this.#end === null) return null;
    const { engine, env, decision: { action, rule, shadow } } = this.#end;
    const made = wordOf({ action, rule: rule?.id ?? "default" }), worst = wordOf(after);
    return {
      call: {
        ...{ method: env.method, tool: env.tool, server: env.server, agent: env.agentName },
        time: new Date(row.timestamp).toISOString(),
        timezone: engine.policy.timezone,
        local: env.time,
      },
      policy: engine.policy.files,
      places: await rulePlaces(engine.policy),
      rules: engine.policy.rules.map((rule) => this.#reportOf(rule, env)),
      decision: { action, rule: rule?.id ?? null, message: rule?.message ?? null, shadow },
      arguments: env.arguments ?? null,
      ...{ recorded: wordOf(before), exact: isExact, unknown },
      possible: isExact || worst === made ? null : worst,
    };
  }

  #reportOf(rule: Rule, env: CallEnv): RuleReport {
    const step = this.#steps.get(rule), report = reportOf(rule, step, env, env, false);
    return step === undefined || step.unknown.length === 0
      ? report
      : { ...report, unknown: step.unknown };
  }
}

/**
 * One side of a comparison: what a policy, or the policy of then, makes of each call.
 *
 * @module
 */

import { forgetOldest } from "../../oldest.ts";
import type { PolicyEngine } from "../../policy/engine.ts";
import type { ServerPlaces } from "../../policy/matchers.ts";
import type { LimitRule } from "../../policy/rules.ts";
import type { Decision, LimitCounter, StepListener } from "../../policy/walk.ts";
import { ReplayLimits } from "./limits.ts";
import type { Made, RecordedRow } from "./recorded_call.ts";
import type { RecordedEnv } from "./recorded_env.ts";
import type { ReplayPolicy, ReplayTools } from "./replay_policy.ts";
import { MAX_RUNS, type RunHistory } from "./run_history.ts";

/** State of a policy in one run. */
interface RunState {
  readonly limits: ReplayLimits;
  /** Policies that have been in force so far. */
  begun: number;
  /** Digest of the one whose limits count. */
  digest: string | null;
}

/** The call at hand, and what decides it. */
export interface Prepared {
  readonly engine: PolicyEngine;
  readonly limits: ReplayLimits;
  readonly longestWindowMs: number;
}

/** Gives the policy that decides a call; or says why there is none. */
export type PolicyOf = (row: RecordedRow) => ReplayPolicy | string;

/** The state of each run, and the engines. */
export class Side {
  readonly #policyOf: PolicyOf;
  readonly #byDigest: ((digest: string) => ReplayPolicy | string | undefined) | null;
  readonly #tools: ReplayTools;
  readonly #runs = new Map<string, RunState>();
  readonly #windows = new WeakMap<PolicyEngine, number>();

  /**
   * @param byDigest The policies of then, whose limits change when they do; null where one policy is for
   *   all of time.
   */
  constructor(
    policyOf: PolicyOf,
    byDigest: ((digest: string) => ReplayPolicy | string | undefined) | null,
    tools: ReplayTools,
  ) {
    this.#policyOf = policyOf;
    this.#byDigest = byDigest;
    this.#tools = tools;
  }

  /** Makes ready for a call; a text says why it cannot be decided. */
  prepare(
    row: RecordedRow,
    places: ServerPlaces,
    history: RunHistory | null,
  ): Prepared | string | Promise<Prepared> {
    const policy = this.#policyOf(row);
    if (typeof policy === "string") return policy;
    const { limits } = this.#stateOf(row, history);
    const ready = (engine: PolicyEngine): Prepared => {
      let longestWindowMs = this.#windows.get(engine);
      if (longestWindowMs === undefined) {
        this.#windows.set(engine, longestWindowMs = longestWindow(engine));
      }
      return { engine, limits, longestWindowMs };
    };
    const engine = policy.engineFor(row.server_name, places);
    return engine === undefined
      ? policy.prepare(row.server_name, places).then(ready)
      : ready(engine);
  }

  #stateOf(row: RecordedRow, history: RunHistory | null): RunState {
    const key = row.run ?? `session ${row.session_id}`;
    let state = this.#runs.get(key);
    if (state === undefined) {
      const limits = new ReplayLimits(this.#tools.trial, row.run === null ? null : history);
      this.#runs.set(key, state = { limits, begun: 0, digest: null });
      forgetOldest(this.#runs, MAX_RUNS);
    }
    if (this.#byDigest !== null) this.#adopt(state, row, history);
    return state;
  }

  /** Puts the policies in force that were, up to that call. */
  #adopt(
    state: RunState,
    { policy_digest: digest, mono_us: us }: RecordedRow,
    history: RunHistory | null,
  ) {
    const inForce = history?.inForce ?? [];
    for (let next = inForce[state.begun]; next !== undefined; next = inForce[++state.begun]) {
      const isNow = next.sinceUs === us && state.digest !== digest;
      if (us === null || next.sinceUs > us || next.sinceUs === us && !isNow) break;
      this.#begin(state, next.digest, next.sinceUs / 1000);
    }
    if (digest !== null && digest !== state.digest) this.#begin(state, digest, (us ?? 0) / 1000);
  }

  #begin(state: RunState, digest: string, nowMs: number): void {
    const policy = this.#byDigest!(digest);
    if (typeof policy === "object") state.limits.adopt(policy.policy, nowMs);
    state.digest = digest;
  }
}

function longestWindow({ policy }: PolicyEngine): number {
  const limits = policy.rules.filter((rule): rule is LimitRule => rule.action === "rate_limit");
  return limits.length === 0 ? -Infinity : Math.max(...limits.map(({ windowMs }) => windowMs));
}

/** Decides a call. */
export function decide(
  { engine }: Prepared,
  env: RecordedEnv,
  counter: LimitCounter,
  onStep?: StepListener,
): Decision {
  env.clock = engine;
  return engine.decide(env, counter, onStep);
}

/** A decision as it is recorded. */
export function madeOf({ action, rule }: Decision): Made {
  return { action, rule: rule?.id ?? "default" };
}

/**
 * The paths that a policy has looked at when it decided as it is recorded to have.
 *
 * @param recorded Which limit has refused, if one has.
 */
export function pathsSeen(
  { engine }: Prepared,
  env: RecordedEnv,
  recorded: Made,
  tools: ReplayTools,
): ReadonlySet<string> {
  const limits: LimitCounter = {
    take: ({ id }) => recorded.action === "rate_limit" && recorded.rule === id ? 1 : undefined,
    giveBack: () => {},
  };
  env.clock = engine;
  const { trial, paths } = tools;
  trial.forget();
  // A condition that reads what nobody knows may have answered otherwise, and led elsewhere.
  return paths.collect(
    () => void trial.again(new Map(), () => engine.decide(env, limits)),
    () => trial.places.size === 0,
  );
}

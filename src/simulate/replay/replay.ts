/**
 * Decides recorded calls again, and says what differs. Nothing is called, and nothing is written.
 *
 * The decisions come from the same walk as on the line. What it needs is in the log: the arguments as
 * they were stored, and the facts. What the log does not know any more is tried every way, so that no
 * decision is a guess.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import { forgetOldest } from "../../oldest.ts";
import { placesHere } from "../../policy/matchers.ts";
import { isMaskedText, sourcesOf } from "../../policy/policy_text.ts";
import type { PolicySource } from "../../policy/rules.ts";
import type { StepListener } from "../../policy/walk.ts";
import {
  type Difference,
  differenceOf,
  differsInShadow,
  keyOfPair,
  type Pair,
  strictness,
  worstOf,
} from "./comparison.ts";
import type { TriedCounter } from "./limits.ts";
import { type Facts, factsOf, isOld, type Made, recordedDecision } from "./recorded_call.ts";
import { type RecordedRow, recordedShadow, wordOf } from "./recorded_call.ts";
import { RecordedEnv } from "./recorded_env.ts";
import { RecordedPaths } from "./recorded_paths.ts";
import { ReplayPolicy, type ReplayTools } from "./replay_policy.ts";
import { type InForce, RunHistory } from "./run_history.ts";
import { decide, madeOf, MAX_RUNS, pathsSeen, type Prepared, Side } from "./side.ts";
import { type Answers, Trial } from "./trial.ts";

export type { Difference } from "./comparison.ts";
export type { Made, RecordedRow } from "./recorded_call.ts";
export { wordOf } from "./recorded_call.ts";

/** The log, as far as a replay asks it. */
export interface ReplayLog {
  policy(digest: string): { readonly name: string; readonly text: string } | undefined;
  annotations(digest: string): string | undefined;
  inForce(run: string): readonly InForce[];
  size(): { readonly isPruned: boolean; readonly oldestMs: number };
}

/** Options of a {@link Replay}. */
export interface ReplayOptions {
  /** Files of the policy that decides; null for the policies of then, each for its own calls. */
  readonly policy: readonly PolicySource[] | null;
  /** Files of the policy that it is compared with; null for what is recorded. */
  readonly against: readonly PolicySource[] | null;
  /** Whether shadow rules decide. */
  readonly promote: boolean;
}

/** A call that a policy was asked about, decided again. */
export interface ReplayedCall {
  readonly row: RecordedRow;
  readonly before: Made;
  /** Where several decisions are possible, the one that weighs most. */
  readonly after: Made;
  readonly difference: Difference;
  /** What shadow rules did, and would do now; null for no difference. */
  readonly shadow: { readonly before: readonly string[]; readonly after: readonly string[] } | null;
  /** Whether that is certain. */
  readonly isExact: boolean;
  /** What nobody knows, in words; none where it is certain. */
  readonly unknown: readonly string[];
}

/** A call, or the reason why no policy was asked about it. */
export type Replayed = ReplayedCall | { readonly row: RecordedRow; readonly notAsked: string };

/** Policies of then that are kept compiled. */
const MAX_POLICIES = 64;

/** Walks through calls in the order in which they came. Dispose of it. */
export class Replay implements Disposable {
  readonly #log: ReplayLog;
  readonly #tools: ReplayTools;
  /** Policies of then by digest; a text says why there is none. */
  readonly #shelf = new Map<string, ReplayPolicy | string>();
  readonly #histories = new Map<string, RunHistory>();
  readonly #fixed: readonly ReplayPolicy[];
  readonly #after: Side;
  /** Null: compared with what is recorded. */
  readonly #before: Side | null;
  /** The policies of then, which know what paths were looked at; null where nobody asks. */
  readonly #then: Side | null;
  readonly #isOwn: boolean;
  #size: ReturnType<ReplayLog["size"]> | undefined;
  readonly #annotations = new Map<string, string | undefined>();
  /** Digests of policies of then that are not what they were. */
  readonly #masked = new Set<string>();
  /** What should be said of the whole, in words. */
  readonly notes = new Set<string>();
  /** Called with each rule of the last walk of `after`, where somebody wants an explanation. */
  onStep: StepListener | undefined;
  /** The engine and the facts of the call that was decided last. */
  last: { readonly prepared: Prepared; readonly env: RecordedEnv } | undefined;

  private constructor(
    log: ReplayLog,
    tools: ReplayTools,
    policy: ReplayPolicy | null,
    against: ReplayPolicy | null,
  ) {
    this.#log = log;
    this.#tools = tools;
    this.#fixed = [policy, against].filter((one) => one !== null);
    const ofThen = (digest: string) => this.#shelf.get(digest);
    const then = () =>
      new Side(
        ({ policy_digest: digest }) => digest === null ? NO_POLICY : ofThen(digest) ?? NO_POLICY,
        ofThen,
        tools,
      );
    this.#isOwn = policy === null;
    this.#after = policy === null ? then() : new Side(() => policy, null, tools);
    this.#before = against === null ? null : new Side(() => against, null, tools);
    this.#then = this.#fixed.some(({ usesPaths }) => usesPaths) ? then() : null;
  }

  /**
   * Loads the policies.
   *
   * @throws {FileError} with all that is wrong with one.
   */
  static async load(log: ReplayLog, { policy, against, promote }: ReplayOptions): Promise<Replay> {
    const trial = new Trial(), tools = { trial, paths: new RecordedPaths(trial.touch), promote };
    const after = policy === null ? null : await ReplayPolicy.load(policy, tools, "new");
    const before = against === null ? null : await ReplayPolicy.load(against, tools, "old");
    return new Replay(log, tools, after, before);
  }

  /** Whether calls that nobody asks about have to be walked through as well: limits count them. */
  get needsOthers(): boolean {
    return this.#isOwn || this.#fixed.some(({ hasLimits }) => hasLimits);
  }

  /** Takes the next call; a promise only where something has to be loaded first. */
  next(row: RecordedRow): Replayed | Promise<Replayed> {
    const recorded = recordedDecision(row);
    if (typeof recorded === "string") return { row, notAsked: recorded };
    const { policy_digest: digest } = row;
    if (this.#isOwn && digest === null) {
      return { row, notAsked: isOld(row) ? "recorded before facts were" : "no policy" };
    }
    const asksThen = (this.#isOwn || this.#then !== null) && digest !== null;
    if (asksThen && !this.#shelf.has(digest)) {
      return this.#shelve(row).then(() => this.#ready(row, recorded));
    }
    return this.#ready(row, recorded);
  }

  #ready(row: RecordedRow, recorded: Made): Replayed | Promise<Replayed> {
    const history = this.#historyOf(row), places = history?.places ?? placesHere();
    history?.note(row, nowOf(row));
    const sides = [this.#after, this.#before, this.#then]
      .map((side) => side === null ? null : side.prepare(row, places, history));
    if (sides.some((side) => side instanceof Promise)) {
      return Promise.all(sides).then((ready) => this.#decide(row, recorded, history, ready));
    }
    return this.#decide(row, recorded, history, sides as (Prepared | string | null)[]);
  }

  #decide(
    row: RecordedRow,
    recorded: Made,
    history: RunHistory | null,
    [after, before, then]: readonly (Prepared | string | null | undefined)[],
  ): Replayed {
    const facts = factsOf(row), { trial } = this.#tools;
    const env = new RecordedEnv(row, facts, trial.touch, (digest) => this.#annotationsOf(digest));
    if (after === null || typeof after !== "object") {
      return this.#unknowable(row, recorded, after ?? NO_POLICY);
    }
    if (env.isToolUnknown) return this.#unknowable(row, recorded, "the tool was masked");
    const old = typeof before === "object" ? before : null;
    this.#begin(facts, history, row, env, recorded, typeof then === "object" ? then : null);
    const now = nowOf(row), sides = old === null ? [after] : [after, old];
    const isSure = env.isWhole && this.#then === null && !hasMaskedPaths(facts) &&
      sides.every((side) => isSureOf(side, env.tool, facts, now));
    this.last = { prepared: after, env };
    const decided = this.#decided(row, recorded, after, old, env, isSure);
    return this.#judged(row, decided);
  }

  /** Says what is known of the paths of a call. */
  #begin(
    facts: Facts,
    history: RunHistory | null,
    row: RecordedRow,
    env: RecordedEnv,
    recorded: Made,
    then: Prepared | null,
  ): void {
    const { paths } = this.#tools;
    if (history?.places === undefined || row.policy_digest === null) return paths.begin(null);
    const led = facts.paths ?? {};
    if (this.#isOwn) return paths.begin({ led, wasSeen: () => true });
    if (this.#then === null) return paths.begin(null);
    if (then === null) return paths.begin({ led, wasSeen: () => false });
    paths.begin({ led, wasSeen: () => true });
    const seen = pathsSeen(then, env, recorded, this.#tools);
    paths.begin({ led, wasSeen: (path) => seen.has(path) });
  }

  /** Decides with every combination of what nobody knows, and then for good. */
  #decided(
    row: RecordedRow,
    recorded: Made,
    after: Prepared,
    old: Prepared | null,
    env: RecordedEnv,
    isSure: boolean,
  ): { readonly pairs: readonly Pair[]; readonly isAll: boolean } {
    const { trial } = this.#tools, now = nowOf(row);
    const shadow = this.#tools.promote ? [] : recordedShadow(row);
    const pairOf = (afterBy: TriedCounter | "real", oldBy: TriedCounter | "real"): Pair => {
      const made = this.#made(after, env, row, recorded, afterBy);
      const was = old === null ? null : this.#made(old, env, row, recorded, oldBy);
      return {
        before: was?.made ?? recorded,
        after: made.made,
        shadowBefore: was?.shadow ?? shadow,
        shadowAfter: made.shadow,
      };
    };
    if (isSure) {
      trial.places.clear();
      const pair = trial.again(NO_ANSWERS, () => pairOf("real", "real"));
      return { pairs: [pair], isAll: trial.places.size === 0 };
    }
    const counters: TriedCounter[] = [], oldCounters: TriedCounter[] = [];
    const { results, isAll } = trial.all(() => {
      const counter = after.limits.try(now), oldCounter = old?.limits.try(now);
      counters.push(counter);
      if (oldCounter !== undefined) oldCounters.push(oldCounter);
      return pairOf(counter, oldCounter ?? "real");
    });
    if (results.length > 1) {
      after.limits.doubt(counters, now);
      old?.limits.doubt(oldCounters, now);
    }
    // Where several are possible, what was recorded is the likeliest.
    const likely = results.find(({ value }) => wordOf(value.after) === wordOf(recorded)) ??
      results[0]!;
    const places = [...trial.places];
    trial.again(likely.answers, () => pairOf("real", "real"));
    trial.places.clear();
    places.forEach((place) => trial.places.add(place));
    return { pairs: results.map(({ value }) => value), isAll };
  }

  /** One decision; the real one counts, and gives back what the call gave back. */
  #made(
    prepared: Prepared,
    env: RecordedEnv,
    row: RecordedRow,
    recorded: Made,
    by: TriedCounter | "real",
  ): { readonly made: Made; readonly shadow: readonly string[] } {
    const counter = by === "real" ? prepared.limits.counter(nowOf(row)) : by;
    const onStep = by === "real" && prepared === this.last?.prepared ? this.onStep : undefined;
    const decision = decide(prepared, env, counter, onStep);
    if (by === "real" && decision.action === "allow") {
      const neverLeft = recorded.action === "allow" && row.forwarded === 0;
      const at = nowOf(row) + (row.latency_us ?? 0) / 1000;
      if (neverLeft) prepared.limits.giveBackAt(at, counter);
    }
    return { made: madeOf(decision), shadow: this.#tools.promote ? [] : decision.shadow };
  }

  #judged(
    row: RecordedRow,
    { pairs, isAll }: { readonly pairs: readonly Pair[]; readonly isAll: boolean },
  ): ReplayedCall {
    const own = this.#isOwn ? pairs.find((pair) => differenceOf(pair) === "same") : undefined;
    const worst = own ?? worstOf(pairs);
    let difference = differenceOf(worst), { before, after } = worst;
    // More is unknown than could be tried: what was refused may pass.
    if (!isAll && own === undefined && difference !== "looser" && strictness(before) > 0) {
      difference = "looser";
      after = { action: "allow", rule: null };
    }
    const shadowed = this.#isOwn && pairs.some((pair) => !differsInShadow(pair))
      ? undefined
      : pairs.find(differsInShadow);
    const isAlike = new Set(pairs.map(keyOfPair)).size === 1 ||
      pairs.every((pair) => differenceOf(pair) === "same" && !differsInShadow(pair));
    const unknown = [...this.#tools.trial.places];
    const { policy_digest: digest } = row;
    if (difference !== "same" && isOld(row)) unknown.push("it was recorded before facts were");
    if (this.#isOwn && digest !== null && this.#masked.has(digest)) {
      unknown.push("parts of the policy of then are masked");
    }
    const isExact = isAll && isAlike &&
      !(difference !== "same" && (isOld(row) || this.#isOwn && this.#masked.has(digest ?? "")));
    return {
      ...{ row, before, after, difference, isExact },
      shadow: shadowed === undefined
        ? null
        : { before: shadowed.shadowBefore, after: shadowed.shadowAfter },
      unknown: isExact ? [] : unknown,
    };
  }

  /** A call that cannot be decided again: what was refused may pass. */
  #unknowable(row: RecordedRow, before: Made, why: string): ReplayedCall {
    const isLooser = !this.#isOwn && strictness(before) > 0;
    return {
      ...{ row, before, shadow: null, isExact: false, unknown: [why] },
      after: isLooser ? { action: "allow", rule: null } : before,
      difference: isLooser ? "looser" : "same",
    };
  }

  /** Loads the policy of then, and those that were in force before it in its run. */
  async #shelve(row: RecordedRow): Promise<void> {
    const inForce = this.#historyOf(row)?.inForce ?? [];
    for (const digest of new Set([row.policy_digest!, ...inForce.map(({ digest }) => digest)])) {
      if (!this.#shelf.has(digest)) this.#shelf.set(digest, await this.#loadThen(digest));
    }
    for (const [digest, policy] of this.#shelf) {
      if (this.#shelf.size <= MAX_POLICIES || digest === row.policy_digest) break;
      if (typeof policy === "object") policy[Symbol.dispose]();
      this.#shelf.delete(digest);
    }
  }

  async #loadThen(digest: string): Promise<ReplayPolicy | string> {
    const stored = this.#log.policy(digest);
    if (stored === undefined) return `the policy of then, ${digest}, is not in the log`;
    const { name, text } = stored;
    if (isMaskedText(text)) {
      this.#masked.add(digest);
      this.notes.add(`parts of the recorded policy ${name} (${digest}) are masked`);
    }
    try {
      return await ReplayPolicy.load(sourcesOf(text, name), this.#tools, digest, true);
    } catch (fault) {
      this.notes.add(`the recorded policy ${name} (${digest}) does not load: ${reasonOf(fault)}`);
      return `the policy of then, ${digest}, does not load`;
    }
  }

  #historyOf({ run }: RecordedRow): RunHistory | null {
    if (run === null) return null;
    let history = this.#histories.get(run);
    if (history === undefined) {
      history = new RunHistory(this.#log.inForce(run));
      this.#size ??= this.#log.size();
      const { isPruned, oldestMs } = this.#size, [first] = history.inForce;
      history.lacksBeginning = isPruned && (first?.at ?? -Infinity) < oldestMs;
      this.#histories.set(run, history);
      forgetOldest(this.#histories, MAX_RUNS);
    }
    return history;
  }

  #annotationsOf(digest: string): string | undefined {
    if (!this.#annotations.has(digest)) {
      this.#annotations.set(digest, this.#log.annotations(digest));
      forgetOldest(this.#annotations, MAX_RUNS);
    }
    return this.#annotations.get(digest);
  }

  /** Lets go of the patterns. */
  [Symbol.dispose](): void {
    for (const policy of [...this.#fixed, ...this.#shelf.values()]) {
      if (typeof policy === "object") policy[Symbol.dispose]();
    }
  }
}

const NO_POLICY = "no policy was in force";

const NO_ANSWERS: Answers = new Map();

/** Monotonic milliseconds at which a call came. */
function nowOf({ mono_us: us }: RecordedRow): number {
  return (us ?? 0) / 1000;
}

/** Whether all is known that a policy may ask for, besides the arguments. */
function isSureOf(
  { engine, limits, longestWindowMs }: Prepared,
  tool: string,
  facts: Facts,
  now: number,
): boolean {
  const asks = tool !== "" && engine.rulesOf(tool).asksAnnotations;
  return (!asks || facts.annotations !== undefined) && limits.isSureAt(now, longestWindowMs);
}

function hasMaskedPaths({ paths }: Facts): boolean {
  return paths !== undefined && Object.values(paths).includes(null);
}

/**
 * Decides recorded calls again, and says what differs. Nothing is called, and nothing is written.
 *
 * The decisions come from the same walk as on the line. What it needs is in the log: the arguments as
 * they were stored, and the facts. What the log does not know any more is tried every way, so that no
 * decision is a guess.
 *
 * @module
 */

import { forgetOldest } from "../../oldest.ts";
import { withinScanTime } from "../../patterns/budget.ts";
import type { ScanLimits } from "../../patterns/scan_budget.ts";
import { placesHere } from "../../policy/matchers.ts";
import type { PolicySource } from "../../policy/rules.ts";
import { Decider, type WalkListener } from "./decider.ts";
import { judged, type ReplayedCall, unknowable } from "./judgement.ts";
import { PoliciesOfThen, type PolicyLog } from "./policies_of_then.ts";
import { type Facts, factsOf, isOld, type Made, nowOf } from "./recorded_call.ts";
import { recordedDecision, type RecordedRow } from "./recorded_call.ts";
import { RecordedEnv } from "./recorded_env.ts";
import { RecordedPaths } from "./recorded_paths.ts";
import { ReplayPolicy, type ReplayTools } from "./replay_policy.ts";
import { MAX_RUNS, RunHistories, type RunHistory, type RunLog } from "./run_history.ts";
import { pathsSeen, type Prepared, Side } from "./side.ts";
import { Trial } from "./trial.ts";

export type { Difference } from "./comparison.ts";
export type { ReplayedCall } from "./judgement.ts";
export type { Made, RecordedRow } from "./recorded_call.ts";
export { wordOf } from "./recorded_call.ts";

/** The log, as far as a replay asks it. */
export interface ReplayLog extends PolicyLog, RunLog {
  annotations(digest: string): string | undefined;
}

/** Options of a {@link Replay}. */
export interface ReplayOptions {
  /** Files of the policy that decides; null for the policies of then, each for its own calls. */
  readonly policy: readonly PolicySource[] | null;
  /** Files of the policy that it is compared with; null for what is recorded. */
  readonly against: readonly PolicySource[] | null;
  /** Whether shadow rules decide. */
  readonly promote: boolean;
  /** What one call may have each policy search; absent for whatever it takes. */
  readonly scan?: ScanLimits;
}

/** A call, or the reason why no policy was asked about it. */
export type Replayed = ReplayedCall | { readonly row: RecordedRow; readonly notAsked: string };

/** Walks through calls in the order in which they came. Dispose of it. */
export class Replay implements Disposable {
  readonly #log: ReplayLog;
  readonly #tools: ReplayTools;
  readonly #decider: Decider;
  readonly #ofThen: PoliciesOfThen;
  readonly #histories: RunHistories;
  readonly #fixed: readonly ReplayPolicy[];
  readonly #after: Side;
  /** Null: compared with what is recorded. */
  readonly #before: Side | null;
  /** The policies of then, which know what paths were looked at; null where nobody asks. */
  readonly #then: Side | null;
  readonly #isOwn: boolean;
  readonly #scan: ScanLimits | undefined;
  readonly #annotations = new Map<string, string | undefined>();

  private constructor(
    log: ReplayLog,
    tools: ReplayTools,
    policy: ReplayPolicy | null,
    against: ReplayPolicy | null,
    scan: ScanLimits | undefined,
  ) {
    this.#scan = scan;
    this.#log = log;
    this.#tools = tools;
    this.#decider = new Decider(tools);
    this.#fixed = [policy, against].filter((one) => one !== null);
    this.#histories = new RunHistories(log);
    const { get } = this.#ofThen = new PoliciesOfThen(log, tools);
    const then = () =>
      new Side(({ policy_digest: digest }) => get(digest ?? "") ?? NO_POLICY, get, tools);
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
  static async load(log: ReplayLog, options: ReplayOptions): Promise<Replay> {
    const { policy, against, promote, scan } = options;
    const trial = new Trial(), paths = new RecordedPaths(trial.touch, trial.touchLikely);
    const tools = { trial, paths, promote };
    // Should one of them not load, the other is let go.
    using loaded = new DisposableStack();
    const load = async (sources: readonly PolicySource[] | null, mark: string) =>
      sources === null ? null : loaded.use(await ReplayPolicy.load(sources, tools, mark));
    const after = await load(policy, "new"), before = await load(against, "old");
    loaded.move();
    return new Replay(log, tools, after, before, scan);
  }

  /** Has somebody hear how calls are decided; undefined for nobody. */
  set listener(listener: WalkListener | undefined) {
    this.#decider.listener = listener;
  }

  /** What should be said of the whole, in words. */
  get notes(): ReadonlySet<string> {
    return this.#ofThen.notes;
  }

  /** Whether calls that nobody asks about have to be walked through as well: limits count them. */
  get needsOthers(): boolean {
    return this.#isOwn || this.#fixed.some(({ hasLimits }) => hasLimits);
  }

  /**
   * Takes the next call; a promise only where something has to be loaded first.
   *
   * @throws {ScanTimeout} for a call that takes more searching than it may.
   */
  next(row: RecordedRow): Replayed | Promise<Replayed> {
    const recorded = recordedDecision(row);
    if (typeof recorded === "string") return { row, notAsked: recorded };
    const { policy_digest: digest } = row;
    if (this.#isOwn && digest === null) {
      return { row, notAsked: isOld(row) ? "recorded before facts were" : "no policy" };
    }
    const asksThen = (this.#isOwn || this.#then !== null) && digest !== null;
    if (asksThen && this.#ofThen.get(digest) === undefined) {
      const inRun = this.#histories.of(row)?.inForce.map(({ digest }) => digest) ?? [];
      return this.#ofThen.load(digest, inRun).then(() => this.#ready(row, recorded));
    }
    return this.#ready(row, recorded);
  }

  #ready(row: RecordedRow, recorded: Made): Replayed | Promise<Replayed> {
    const history = this.#histories.of(row), places = history?.places ?? placesHere();
    history?.note(row, nowOf(row));
    const sides = [this.#after, this.#before, this.#then]
      .map((side) => side === null ? null : side.prepare(row, places, history));
    if (sides.some((side) => side instanceof Promise)) {
      return Promise.all(sides).then((ready) => this.#bounded(row, recorded, history, ready));
    }
    return this.#bounded(row, recorded, history, sides as Ready[]);
  }

  /** Decides, and lets each policy search so much. */
  #bounded(
    row: RecordedRow,
    recorded: Made,
    history: RunHistory | null,
    sides: readonly Ready[],
  ): Replayed {
    const decide = () => this.#decide(row, recorded, history, sides), scan = this.#scan;
    if (scan === undefined) return decide();
    const engines = sides.flatMap((side) => side !== null && typeof side === "object" ? side : []);
    return engines.reduce<() => Replayed>(
      (work, { engine: { patterns } }) => () => withinScanTime(patterns, scan, work),
      decide,
    )();
  }

  #decide(
    row: RecordedRow,
    recorded: Made,
    history: RunHistory | null,
    [after, before, then]: readonly Ready[],
  ): Replayed {
    const facts = factsOf(row), { trial } = this.#tools;
    const env = new RecordedEnv(row, facts, trial.touch, (digest) => this.#annotationsOf(digest));
    if (typeof after !== "object" || after === null) {
      return unknowable(row, recorded, after ?? NO_POLICY, this.#isOwn);
    }
    if (env.isToolUnknown) return unknowable(row, recorded, "the tool was masked", this.#isOwn);
    const old = typeof before === "object" ? before : null;
    this.#begin(facts, history, row, env, recorded, typeof then === "object" ? then : null);
    const now = nowOf(row), sides = old === null ? [after] : [after, old];
    const isSure = env.isWhole && this.#then === null && !hasMaskedPaths(facts) &&
      sides.every((side) => isSureOf(side, env.tool, facts, now));
    const possible = this.#decider.decide({ row, recorded, env }, after, old, isSure);
    return judged(row, {
      ...possible,
      unknown: [...trial.places],
      isOwn: this.#isOwn,
      isMasked: this.#isOwn && this.#ofThen.isMasked(row.policy_digest ?? ""),
    });
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

  #annotationsOf(digest: string): string | undefined {
    if (!this.#annotations.has(digest)) {
      this.#annotations.set(digest, this.#log.annotations(digest));
      forgetOldest(this.#annotations, MAX_RUNS);
    }
    return this.#annotations.get(digest);
  }

  /** Lets go of the patterns. */
  [Symbol.dispose](): void {
    for (const policy of [...this.#fixed, this.#ofThen]) policy[Symbol.dispose]();
  }
}

/** What decides a call on one side, or why nothing does; null where there is no such side. */
type Ready = Prepared | string | null;

const NO_POLICY = "no policy was in force";

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

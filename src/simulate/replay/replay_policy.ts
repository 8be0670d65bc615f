/**
 * A policy that recorded calls are decided with again, for servers wherever they ran.
 *
 * @module
 */

import { callsFor } from "../../expr/asks.ts";
import { forgetOldest } from "../../oldest.ts";
import { loadPatterns, type Patterns } from "../../patterns/pattern.ts";
import { PolicyEngine, RuleBuckets } from "../../policy/engine.ts";
import { parsePolicy } from "../../policy/load.ts";
import { matchersAt, placesHere, type ServerPlaces } from "../../policy/matchers.ts";
import type { Policy, PolicySource } from "../../policy/rules.ts";
import type { RecordedPaths } from "./recorded_paths.ts";
import { type Trial, triedRules } from "./trial.ts";

/** What policies of one replay share. */
export interface ReplayTools {
  readonly trial: Trial;
  readonly paths: RecordedPaths;
  /** Whether shadow rules decide. */
  readonly promote: boolean;
}

/** Engines that are kept: one for each server, and, where a rule reads paths, for each place. */
const MAX_ENGINES = 64;

/** The texts of one policy, compiled as often as needed. */
export class ReplayPolicy implements Disposable {
  readonly #engines = new Map<string, PolicyEngine>();
  readonly #patterns: Patterns;
  readonly #isRecorded: boolean;

  private constructor(
    readonly sources: readonly PolicySource[],
    /** As it was written. */
    readonly policy: Policy,
    readonly tools: ReplayTools,
    patterns: Patterns,
    isRecorded: boolean,
    readonly mark: string,
  ) {
    this.#patterns = patterns;
    this.#isRecorded = isRecorded;
  }

  /**
   * Loads it.
   *
   * @param mark Tells it apart from others of this replay.
   * @param isRecorded Whether the texts are of the log: files that they name are not looked for.
   * @throws {FileError} with all that is wrong with it.
   */
  static async load(
    sources: readonly PolicySource[],
    tools: ReplayTools,
    mark: string,
    isRecorded = false,
  ): Promise<ReplayPolicy> {
    const patterns = await loadPatterns();
    try {
      const policy = await parsed(sources, patterns, placesHere(), tools, isRecorded);
      return new ReplayPolicy(sources, policy, tools, patterns, isRecorded, mark);
    } catch (fault) {
      patterns[Symbol.dispose]();
      throw fault;
    }
  }

  /** Whether a rule reads paths. */
  get usesPaths(): boolean {
    return this.policy.rules.some(({ condition, action }) =>
      action !== "redact" && condition !== null && callsFor(condition.ast, "path")
    );
  }

  /** Whether a rule counts calls. */
  get hasLimits(): boolean {
    return this.policy.rules.some(({ action }) => action === "rate_limit");
  }

  /** The engine for a server; undefined where it has to be {@link prepare}d. */
  engineFor(server: string, places: ServerPlaces): PolicyEngine | undefined {
    return this.#engines.get(this.#keyOf(server, places));
  }

  /** Makes the engine for a server. */
  async prepare(server: string, places: ServerPlaces): Promise<PolicyEngine> {
    const { trial, promote } = this.tools;
    const policy = this.usesPaths
      ? await parsed(this.sources, this.#patterns, places, this.tools, this.#isRecorded)
      : this.policy;
    const rules = triedRules(policy.rules, trial, this.mark, promote);
    const engine = new PolicyEngine(
      { ...policy, rules },
      server,
      this.#patterns,
      new RuleBuckets(),
    );
    this.#engines.set(this.#keyOf(server, places), engine);
    forgetOldest(this.#engines, MAX_ENGINES);
    return engine;
  }

  #keyOf(server: string, { cwd, home }: ServerPlaces): string {
    return JSON.stringify(this.usesPaths ? [server, cwd, home] : [server]);
  }

  /** Lets go of its patterns. */
  [Symbol.dispose](): void {
    this.#patterns[Symbol.dispose]();
  }
}

/** A policy for a server that ran there, which asks the log where paths led. */
function parsed(
  sources: readonly PolicySource[],
  patterns: Patterns,
  places: ServerPlaces,
  { paths }: ReplayTools,
  isRecorded: boolean,
): Promise<Policy> {
  const matchers = matchersAt(places, { resolvesPaths: true, resolved: paths.led });
  return parsePolicy(sources, patterns, { matchers, isRecorded });
}

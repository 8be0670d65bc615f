/**
 * Why a recorded call was decided as it was: the evaluator's own steps, on the arguments as they were
 * stored, by the policy of now.
 *
 * @module
 */

import { type LoadOptions, loadPolicy } from "../policy/load.ts";
import { type RulePlace, rulePlaces } from "../policy/rule_places.ts";
import { withUsedFiles } from "../policy/used_files.ts";
import { fingerprintOf } from "../policy/watcher.ts";
import type { InvocationRow } from "../audit/columns.ts";
import { reasonOf } from "../errors.ts";
import { loadPatterns } from "../patterns/pattern.ts";
import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import { Simulation, type SimulationExplanation } from "../simulate/simulation.ts";

export type { RulePlace } from "../policy/rule_places.ts";

/** What became of explaining. */
export type Explained =
  | (SimulationExplanation & {
    /** Recorded arguments are redacted, so a condition may have seen others. */
    readonly judged_by: "the policy of now";
    /** Where each rule stands, by its id. */
    readonly places: Readonly<Record<string, RulePlace>>;
  })
  | { readonly unexplained: string };

/** Judges recorded calls again; nothing is called. */
export class Explainer {
  readonly #files: readonly string[];
  readonly #scan: ScanLimits;
  readonly #options: LoadOptions;
  #loaded: {
    readonly fingerprint: string;
    readonly simulation: Simulation;
    places: Promise<Readonly<Record<string, RulePlace>>> | undefined;
  } | undefined;

  constructor(files: readonly string[], scan: ScanLimits, options: LoadOptions) {
    this.#files = files;
    this.#scan = scan;
    this.#options = options;
  }

  /** Explains a row; null when there is no policy. */
  async explain(row: InvocationRow): Promise<Explained | null> {
    if (this.#files.length === 0) return null;
    try {
      const simulation = await this.simulation();
      const explained = withinScanTime(
        simulation.patterns,
        this.#scan,
        () => simulation.explain(factsOf(row)),
      );
      return { judged_by: "the policy of now", places: await this.#places(), ...explained };
    } catch (fault) {
      return { unexplained: reasonOf(fault) };
    }
  }

  /** The policy of now. */
  async simulation(): Promise<Simulation> {
    const fingerprint = fingerprintOf(withUsedFiles(this.#files));
    if (this.#loaded?.fingerprint === fingerprint) return this.#loaded.simulation;
    const patterns = await loadPatterns();
    const policy = await loadPolicy(this.#files, patterns, this.#options);
    const simulation = new Simulation(policy, patterns);
    this.#loaded?.simulation.patterns[Symbol.dispose]();
    this.#loaded = { fingerprint, simulation, places: undefined };
    return simulation;
  }

  /** The places of the rules. */
  #places(): Promise<Readonly<Record<string, RulePlace>>> {
    const loaded = this.#loaded!;
    return loaded.places ??= rulePlaces(loaded.simulation.policy);
  }
}

/** A recorded call as a simulation takes it. */
function factsOf(row: InvocationRow) {
  return {
    ...(row.method === null || row.method === "tools/call" ? {} : { method: row.method }),
    tool: row.tool_name,
    arguments: parsed(row.arguments),
    server: row.server_name,
    agent: row.agent_id ?? undefined,
    time: Date.parse(row.timestamp),
  };
}

function parsed(json: string | null): unknown {
  try {
    return json === null ? undefined : JSON.parse(json);
  } catch {
    return json;
  }
}

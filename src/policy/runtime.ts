/**
 * A policy at work in a gateway: loaded, watched, reloaded, and the stages that apply it.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";
import type { Leases } from "../limits/leases.ts";
import type { Log, LogFields } from "../log.ts";
import type { Stage } from "../session/pipeline.ts";
import { ToolCatalogue } from "./catalogue.ts";
import { catalogueStage, watchHiddenTools } from "./catalogue_stage.ts";
import { PolicyEngine, RuleBuckets } from "./engine.ts";
import { PolicyHolder, type SessionFacts } from "./live.ts";
import { loadPolicy } from "./load.ts";
import type { OutputSchemas } from "../redaction/output_schema.ts";
import { loadPatterns } from "../patterns/pattern.ts";
import { FactRecorder } from "./facts.ts";
import { matchersAt, placesHere } from "./matchers.ts";
import { PathNotes } from "./path_notes.ts";
import { policyStage } from "./policy_stage.ts";
import { type RecordedPolicy, recordedPolicy } from "./recorded_policy.ts";
import { redactStage } from "./redact_stage.ts";
import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import type { Policy } from "./rules.ts";
import { FileWatcher } from "./watcher.ts";

/** Options of a {@link PolicyRuntime}. */
export interface PolicyRuntimeOptions extends ScanLimits {
  /** Policy files, read in order as one policy. */
  readonly files: readonly string[];
  /** The server's name, as rules know it. */
  readonly server: string;
  /** `[policy] hide_denied_tools`. */
  readonly hideDeniedTools: boolean;
  /** `[policy] resolve_paths`. */
  readonly resolvePaths: boolean;
  /** `[policy] methods`. */
  readonly methods: boolean | undefined;
  readonly log: Log;
  /** Where the limits of rules are those of all gateways together. */
  readonly leases?: Leases | null;
}

/** The stages of one session, in two places of the line. */
export interface PolicyConnection {
  /** Decides, before the limits and the breaker. */
  readonly decide: readonly Stage[];
  /** Learns the tools and redacts, last before the server. */
  readonly redact: readonly Stage[];
  /** Ends what the session has with the policy. */
  readonly close: () => void;
}

/** One loaded policy and all that keeps it up to date. */
export class PolicyRuntime {
  readonly #options: PolicyRuntimeOptions;
  readonly #buckets: RuleBuckets;
  readonly #holder: PolicyHolder;
  /**
   * Loaded when a policy that redacts meets a tool with an output schema: few do, and it is large.
   */
  #schemas: OutputSchemas | null = null;
  #hasOutputSchemas = false;
  /** Loads that are under way. */
  #loads = 0;
  /** Resolves when the last reload that was asked for is over. */
  #reloaded: Promise<void> = Promise.resolve();
  #watcher: FileWatcher | undefined;
  /** Reloads so far that have taken effect, and that have not. */
  reloads = 0;
  failedReloads = 0;
  /** The tools of the server, whoever asked for them. */
  readonly #catalogue = new ToolCatalogue(() => this.#learnedOutputSchema());
  readonly #paths: PathNotes;
  /** Records what the policies decide, and what they know. */
  readonly facts: FactRecorder;
  /** The stages that all sessions share. */
  readonly #redact: readonly Stage[];

  private constructor(
    options: PolicyRuntimeOptions,
    buckets: RuleBuckets,
    paths: PathNotes,
    { engine, recorded }: Loaded,
  ) {
    this.#options = options;
    this.#paths = paths;
    this.facts = new FactRecorder(this.#catalogue, paths, placesHere());
    this.facts.inForce(engine, recorded);
    this.#buckets = buckets;
    const holder = this.#holder = new PolicyHolder(engine), catalogue = this.#catalogue;
    const { hideDeniedTools } = options;
    this.#redact = [
      catalogueStage(catalogue, holder, hideDeniedTools),
      redactStage({ holder, catalogue, scan: options, schemas: () => this.#schemas }),
    ];
  }

  /**
   * Loads the policy.
   *
   * @throws {FileError} with all that is wrong with it.
   */
  static async load(options: PolicyRuntimeOptions): Promise<PolicyRuntime> {
    const buckets = new RuleBuckets(undefined, options.leases ?? null), paths = new PathNotes();
    const loaded = await makeEngine(options, buckets, paths);
    warn(options.log, loaded.engine.policy);
    return new PolicyRuntime(options, buckets, paths, loaded);
  }

  /** The policy in force. */
  get inForce(): Policy {
    return this.#holder.engine.policy;
  }

  /**
   * Begins a session.
   *
   * @param tellAgent Called with a notification for the agent when a reload hides other tools.
   */
  connect(sessionId: string, tellAgent: (notification: string) => void): PolicyConnection {
    const { server, hideDeniedTools } = this.#options;
    const catalogue = this.#catalogue, holder = this.#holder;
    const facts: SessionFacts = { server, sessionId, catalogue };
    return {
      decide: [policyStage(holder, this.#buckets, facts, this.#options, this.facts)],
      redact: this.#redact,
      close: hideDeniedTools ? watchHiddenTools(catalogue, holder, tellAgent) : () => {},
    };
  }

  /** From now on, changes of the files are taken up. */
  watch(): void {
    this.#watcher = new FileWatcher(this.#options.files, () => this.reload());
  }

  /**
   * Reads the files again; what does not load changes nothing but a log line. One after the other:
   * what was read last is in force.
   */
  async reload(): Promise<void> {
    this.#loads++;
    await (this.#reloaded = this.#reloaded.then(() => this.#reload()));
    this.#loads--;
  }

  async #reload(): Promise<void> {
    const { log, files } = this.#options, before = this.#holder.engine.policy;
    try {
      const { engine, recorded } = await makeEngine(this.#options, this.#buckets, this.#paths);
      this.#holder.replace(engine);
      this.facts.inForce(engine, recorded);
      await this.#loadSchemas();
      this.reloads++;
      const { rules } = engine.policy, lost = losses(before, engine.policy);
      const level = Object.keys(lost).length > 0 ? "warn" : "info";
      log[level]("policy reloaded", { files: files.join(", "), rules: rules.length, ...lost });
      warn(log, engine.policy);
    } catch (fault) {
      this.failedReloads++;
      log.error("the policy was not reloaded, the last good one stays in force", {
        problem: reasonOf(fault),
      });
    }
  }

  /** Whether something is being loaded: this thread's event loop should not have to wait long. */
  get isBusy(): boolean {
    return this.#loads > 0;
  }

  /**
   * The text with everything redacted that any redact rule matches: for what the gateway writes.
   */
  redact(text: string): string {
    const { engine } = this.#holder;
    if (!engine.redacts) return text;
    const { redactor } = engine.allTools;
    return withinScanTime(
      engine.patterns,
      this.#options,
      () => redactor.redactText(text, redactor.rules),
    );
  }

  /** Stops watching. */
  close(): void {
    this.#watcher?.close();
  }

  /**
   * The server has a tool whose redacted results must fit a schema. They are checked from the
   * moment on that the checker is loaded, some milliseconds after the list of tools has passed; the
   * redacting itself waits for nothing.
   */
  async #learnedOutputSchema(): Promise<void> {
    if (this.#hasOutputSchemas) return;
    this.#hasOutputSchemas = true;
    this.#loads++;
    try {
      await this.#loadSchemas();
    } catch (fault) {
      const reason = reasonOf(fault);
      this.#options.log.error("masked results are not checked against output schemas", { reason });
    }
    this.#loads--;
  }

  /** Makes a checker for the engine in force, if one is needed. */
  async #loadSchemas(): Promise<void> {
    if (!this.#hasOutputSchemas || !this.#holder.engine.redacts) return void (this.#schemas = null);
    const { OutputSchemas } = await import("../redaction/output_schema.ts");
    this.#schemas = new OutputSchemas(this.#holder.engine.patterns);
  }
}

/** Says what loads, and will not do what it says; `policy check` shows where. */
function warn(log: Log, { warnings }: Policy): void {
  for (const { file, problem } of warnings) log.warn(`the policy: ${problem.message}`, { file });
}

/** What a policy no longer does that the one before did, as fields of a log line. */
function losses(before: Policy, after: Policy): LogFields {
  const kept = new Set(after.rules.map(({ id }) => id));
  const removed = before.rules.filter(({ id }) => !kept.has(id)).length;
  const inFiles = ({ ruleFiles }: Policy) => ruleFiles.reduce((sum, { rules }) => sum + rules, 0);
  const secretRulesRemoved = inFiles(before) - inFiles(after);
  const isLaxer = before.defaultAction === "deny" && after.defaultAction === "allow";
  return {
    ...(removed > 0 ? { rules_removed: removed } : {}),
    ...(secretRulesRemoved > 0 ? { secret_rules_removed: secretRulesRemoved } : {}),
    ...(isLaxer ? { default: "allow, no longer deny" } : {}),
  };
}

/** A policy at work, and what the log keeps of it. */
interface Loaded {
  readonly engine: PolicyEngine;
  readonly recorded: RecordedPolicy;
}

async function makeEngine(
  options: PolicyRuntimeOptions,
  buckets: RuleBuckets,
  paths: PathNotes,
): Promise<Loaded> {
  const { files, server, methods, resolvePaths } = options, patterns = await loadPatterns();
  const matchers = matchersAt(placesHere(), {
    ...{ resolvesPaths: resolvePaths, resolved: paths.resolved },
  });
  const policy = await loadPolicy(files, patterns, { matchers });
  const engine = new PolicyEngine(policy, server, patterns, buckets, methods);
  return { engine, recorded: await recordedPolicy(engine, options) };
}

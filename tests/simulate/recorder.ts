/** Sessions with a policy whose calls are recorded, on a clock that stands until it is moved. */

import { join } from "node:path";
import { AuditLog } from "../../src/audit/audit_log.ts";
import { ReplayReader } from "../../src/audit/replay_reader.ts";
import { loadPatterns } from "../../src/patterns/pattern.ts";
import { ToolCatalogue } from "../../src/policy/catalogue.ts";
import { catalogueStage } from "../../src/policy/catalogue_stage.ts";
import { PolicyEngine, RuleBuckets } from "../../src/policy/engine.ts";
import { FactRecorder } from "../../src/policy/facts.ts";
import { PolicyHolder } from "../../src/policy/live.ts";
import { parsePolicy } from "../../src/policy/load.ts";
import { matchersAt } from "../../src/policy/matchers.ts";
import { PathNotes } from "../../src/policy/path_notes.ts";
import { policyStage } from "../../src/policy/policy_stage.ts";
import { recordedPolicy } from "../../src/policy/recorded_policy.ts";
import { redactStage } from "../../src/policy/redact_stage.ts";
import type { Stage } from "../../src/session/pipeline.ts";
import { Replay, type ReplayedCall } from "../../src/simulate/replay/replay.ts";
import { auditOptions } from "../audit/support.ts";
import { answer, call, Harness } from "../session/harness.ts";

/** What a recorder may be given. */
export interface RecorderOptions {
  /** Stages behind the policy. */
  readonly stages?: readonly Stage[];
  readonly maxPayloadBytes?: number;
  /** Before the first call; milliseconds since the epoch and on the monotonic clock. */
  readonly startMs?: number;
}

const SCAN = Object.freeze({ maxScanWork: 1e9, maxScanMs: 10_000 });

/** A gateway's policy, its log, and the one clock of both. */
export class Recorder {
  nowMs: number;
  readonly catalogue = new ToolCatalogue();
  readonly #audit: AuditLog;
  readonly #buckets: RuleBuckets;
  readonly #paths = new PathNotes();
  readonly #facts: FactRecorder;
  readonly #options: RecorderOptions;
  readonly #folder: string;
  #holder!: PolicyHolder;
  #ids = 0;

  constructor(audit: AuditLog, folder: string, options: RecorderOptions) {
    this.#audit = audit;
    this.#folder = folder;
    this.#options = options;
    this.nowMs = options.startMs ?? 1000;
    this.#buckets = new RuleBuckets(() => this.nowMs);
    const places = { cwd: folder, home: join(folder, "home") };
    this.#facts = new FactRecorder(this.catalogue, this.#paths, places);
    this.#facts.onFact = (fact) => audit.noteFact(fact);
  }

  /** Puts a policy in force. */
  async load(toml: string): Promise<void> {
    const patterns = await loadPatterns();
    const places = { cwd: this.#folder, home: join(this.#folder, "home") };
    const matchers = matchersAt(places, {
      ...{ resolvesPaths: true, resolved: this.#paths.resolved },
    });
    const file = join(this.#folder, "policy.toml");
    const policy = await parsePolicy([{ file, text: toml }], patterns, { matchers });
    const engine = new PolicyEngine(policy, "server", patterns, this.#buckets);
    if (this.#holder === undefined) this.#holder = new PolicyHolder(engine);
    else this.#holder.replace(engine);
    this.#facts.inForce(engine, await recordedPolicy(engine, SCAN));
  }

  /** Begins a session. */
  session(sessionId: string = crypto.randomUUID()): Harness {
    const scan = SCAN, holder = this.#holder;
    const facts = { server: "server", sessionId, catalogue: this.catalogue };
    const harness = new Harness({
      stages: [
        policyStage(holder, this.#buckets, facts, scan, this.#facts),
        ...this.#options.stages ?? [],
        catalogueStage(this.catalogue, holder, true),
        redactStage({ holder, catalogue: this.catalogue, scan, schemas: () => null }),
      ],
      taps: [this.#audit.tapFor("server", sessionId)],
      mono: () => this.nowMs,
      wall: () => Date.UTC(2026, 10, 25) + this.nowMs,
    });
    return harness;
  }

  /** Makes a call, and has the server answer it if it gets there. */
  call(harness: Harness, tool: string, args: unknown): void {
    const id = ++this.#ids, { server } = harness.agent(call(id, tool, args));
    if (server !== "") harness.server(answer(id));
  }

  /** Has all of it written. */
  async flush(): Promise<void> {
    await this.#audit.flush();
  }
}

/** Records what `record` does; then `read` may look at the log. */
export async function recorded(
  policy: string,
  record: (recorder: Recorder, folder: string) => unknown,
  read: (path: string, folder: string) => unknown,
  options: RecorderOptions = {},
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "agentgate_replay_" }));
  try {
    const path = join(folder, "logs.db"), { maxPayloadBytes = 64 * 1024 } = options;
    const audit = await AuditLog.open(auditOptions({ path, maxPayloadBytes }));
    try {
      const recorder = new Recorder(audit, folder, options);
      await recorder.load(policy);
      await record(recorder, folder);
    } finally {
      await audit.close();
    }
    await read(path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** All calls of a log that a policy was asked about, decided again. */
export async function replayed(
  path: string,
  policy: string | null,
  options: { readonly against?: string; readonly promote?: boolean } = {},
): Promise<ReplayedCall[]> {
  using log = new ReplayReader(path);
  const sourceOf = (text: string) => [{ file: "new.toml", text }];
  using replay = await Replay.load(log, {
    policy: policy === null ? null : sourceOf(policy),
    against: options.against === undefined ? null : sourceOf(options.against),
    promote: options.promote ?? false,
  });
  const calls: ReplayedCall[] = [];
  for (const { row } of log.rows({}, true)) {
    const call = await replay.next(row);
    if (!("notAsked" in call)) calls.push(call);
  }
  return calls;
}

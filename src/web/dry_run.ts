/**
 * What a policy would change: the last recorded calls, decided again by it and by the one in the files.
 * Nothing is called.
 *
 * @module
 */

import type { ReplayReader } from "../audit/replay_reader.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import type { PolicySource } from "../policy/rules.ts";
import { factsOf } from "../simulate/replay/recorded_call.ts";
import { type Made, Replay, type ReplayedCall, type ReplayLog } from "../simulate/replay/replay.ts";
import { turnsEvery } from "./next_turn.ts";

/** Bounds of a dry run. */
export const DRY_RUN_BOUNDS = Object.freeze({
  defaultCalls: 1000,
  maxCalls: 10_000,
  /** Milliseconds after which others are served. */
  turnMs: 10,
  /** Calls that are listed, the newest; the others are counted. */
  listed: 100,
  /** Reasons for doubt that are counted, and those that are told. */
  reasons: 1000,
  toldReasons: 3,
});

/** A decision, and the rule that makes it; null for none. */
interface Decided {
  readonly action: string;
  readonly rule: string | null;
}

/** A call that would end otherwise. */
export interface ChangedCall {
  readonly id: string;
  readonly timestamp: string;
  readonly tool_name: string;
  readonly server_name: string;
  /** What the policy in the files says. */
  readonly before: Decided;
  readonly after: Decided;
  /** Whether that is certain. */
  readonly exact: boolean;
}

/** What would change. */
export interface DryRun {
  readonly calls: number;
  /** When the first of them came; null for no calls. */
  readonly since: string | null;
  /** Those of them that no policy is asked about. */
  readonly not_asked: number;
  /** Calls that pass now and would be refused, and the other way round. */
  readonly newly_refused: number;
  readonly newly_passed: number;
  /** Calls of which something is not known any more that may matter. */
  readonly inexact: number;
  /** What that is, in words, and of how many calls; the most frequent ones. */
  readonly unknown: readonly { readonly what: string; readonly calls: number }[];
  /** Both in a sentence; null where all is certain. */
  readonly doubt: string | null;
  /** Calls of which parts were redacted before they were stored. */
  readonly redacted: number;
  /** Calls that could not be judged in time. */
  readonly unjudged: number;
  readonly changes: readonly ChangedCall[];
}

/** The policy that is tried, and the one in the files. */
export interface TriedPolicies {
  readonly after: readonly PolicySource[];
  readonly before: readonly PolicySource[];
}

/**
 * Decides the newest `calls` of a log, in the order in which they came, while anybody waits for the
 * answer. What limits have counted before the first of them is not known.
 *
 * @throws {FileError} for a policy that does not load.
 */
export async function dryRun(
  log: ReplayReader,
  { after, before }: TriedPolicies,
  calls: number,
  scan: ScanLimits,
  signal: AbortSignal,
): Promise<DryRun> {
  const options = { policy: after, against: before, promote: false, scan };
  using replay = await Replay.load(newestOf(log, calls), options);
  const sums = new Sums();
  const turn = turnsEvery(DRY_RUN_BOUNDS.turnMs);
  for (const { row } of log.rows({ limit: calls }, false)) {
    const waits = turn();
    if (waits !== undefined) {
      await waits;
      if (signal.aborted) break;
    }
    sums.begin(row);
    try {
      const replayed = await replay.next(row);
      if ("notAsked" in replayed) sums.notAsked++;
      else sums.add(replayed);
    } catch {
      sums.unjudged++;
    }
  }
  return sums.told();
}

/** The log as if it began with the newest calls. */
function newestOf(log: ReplayReader, calls: number): ReplayLog {
  return {
    policy: (digest) => log.policy(digest),
    annotations: (digest) => log.annotations(digest),
    inForce: (run) => log.inForce(run),
    size: () => log.size(calls),
  };
}

/** What was found so far. */
class Sums {
  notAsked = 0;
  unjudged = 0;
  #calls = 0;
  #since: string | null = null;
  #refused = 0;
  #passed = 0;
  #inexact = 0;
  #redacted = 0;
  readonly #reasons = new Map<string, number>();
  readonly #changes: ChangedCall[] = [];

  begin(row: ReplayedCall["row"]): void {
    this.#calls++;
    if (this.#since === null || row.timestamp < this.#since) this.#since = row.timestamp;
    if (factsOf(row).masked !== undefined) this.#redacted++;
  }

  add({ row, before, after, isExact, unknown }: ReplayedCall): void {
    if (!isExact) {
      this.#inexact++;
      unknown.forEach((what) => this.#countReason(what));
    }
    const passed = before.action === "allow", passes = after.action === "allow";
    if (passed === passes) return;
    if (passes) this.#passed++;
    else this.#refused++;
    const { id, tool_name, server_name } = row, timestamp = withZ(row.timestamp);
    const decisions = { before: decided(before), after: decided(after), exact: isExact };
    this.#changes.push({ id, timestamp, tool_name, server_name, ...decisions });
    if (this.#changes.length > DRY_RUN_BOUNDS.listed) this.#changes.shift();
  }

  #countReason(what: string): void {
    const calls = this.#reasons.get(what) ?? 0;
    if (calls === 0 && this.#reasons.size >= DRY_RUN_BOUNDS.reasons) return;
    this.#reasons.set(what, calls + 1);
  }

  told(): DryRun {
    const reasons = [...this.#reasons].map(([what, calls]) => ({ what, calls }));
    const inexact = this.#inexact;
    const unknown = reasons.sort((a, b) => b.calls - a.calls)
      .slice(0, DRY_RUN_BOUNDS.toldReasons);
    return {
      calls: this.#calls,
      since: this.#since === null ? null : withZ(this.#since),
      not_asked: this.notAsked,
      newly_refused: this.#refused,
      newly_passed: this.#passed,
      ...{ inexact, unknown, doubt: doubtOf(inexact, unknown) },
      redacted: this.#redacted,
      unjudged: this.unjudged,
      // The newest first, as calls are listed everywhere.
      changes: this.#changes.toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp)),
    };
  }
}

function doubtOf(inexact: number, unknown: DryRun["unknown"]): string | null {
  if (inexact === 0) return null;
  const number = (n: number) => n.toLocaleString("en-US");
  const reasons = unknown.map(({ what, calls }) => {
    const words = calls === 1 ? what : what.replace(/^it was /, "they were ");
    return calls === inexact ? words : `${words} (${number(calls)})`;
  });
  return `${number(inexact)} ${inexact === 1 ? "call" : "calls"} cannot be decided exactly: ${
    reasons.join("; ")
  }.`;
}

function decided({ action, rule }: Made): Decided {
  return { action, rule: rule === "default" ? null : rule };
}

function withZ(timestamp: string): string {
  return timestamp.replace(/\+00:00$/, "Z");
}

/**
 * What a policy would change: the last recorded calls, judged by it and by the one in force. Nothing is
 * called.
 *
 * @module
 */

import type { InvocationRow } from "../audit/columns.ts";
import { withinScanTime } from "../patterns/budget.ts";
import type { ScanLimits } from "../patterns/scan_budget.ts";
import type { Simulation } from "../simulate/simulation.ts";
import { factsOf } from "./explainer.ts";
import { nextTurn } from "./next_turn.ts";

/** Bounds of a dry run. */
export const DRY_RUN_BOUNDS = Object.freeze({
  defaultCalls: 1000,
  maxCalls: 10_000,
  /** Milliseconds after which others are served. */
  turnMs: 10,
  /** Calls that are listed of each kind; the others are counted. */
  listed: 100,
});

/** Words that stand for what a rule has redacted. */
const REDACTED = /\[?REDACTED\]?|\*{3,}/;

/** A call that would end otherwise. */
export interface ChangedCall {
  readonly id: string;
  readonly timestamp: string;
  readonly tool_name: string;
  readonly server_name: string;
  /** What the policy in force says now, and the rule that decides; null for none. */
  readonly before: { readonly action: string; readonly rule: string | null };
  readonly after: { readonly action: string; readonly rule: string | null };
}

/** What would change. */
export interface DryRun {
  readonly calls: number;
  /** Calls that pass now and would be refused, and the other way round. */
  readonly newly_refused: number;
  readonly newly_passed: number;
  /** Calls of which parts were redacted before they were stored: a condition may have seen more. */
  readonly redacted: number;
  /** Calls that could not be judged in time. */
  readonly unjudged: number;
  readonly changes: readonly ChangedCall[];
}

/** Judges calls by both policies; each with full buckets, so a rate limit refuses none of them. */
export async function dryRun(
  rows: Iterable<InvocationRow> | AsyncIterable<InvocationRow>,
  before: Simulation,
  after: Simulation,
  scan: ScanLimits,
): Promise<DryRun> {
  const sums = { calls: 0, newly_refused: 0, newly_passed: 0, redacted: 0, unjudged: 0 };
  const changes: ChangedCall[] = [];
  let turnAt = performance.now() + DRY_RUN_BOUNDS.turnMs;
  for await (const row of rows) {
    sums.calls++;
    if (performance.now() >= turnAt) {
      await nextTurn();
      turnAt = performance.now() + DRY_RUN_BOUNDS.turnMs;
    }
    if (REDACTED.test(row.arguments ?? "")) sums.redacted++;
    try {
      const was = decisionOf(before, row, scan), is = decisionOf(after, row, scan);
      const passed = was.action === "allow", passes = is.action === "allow";
      if (passed === passes) continue;
      sums[passes ? "newly_passed" : "newly_refused"]++;
      if (changes.length >= DRY_RUN_BOUNDS.listed) continue;
      const { id, timestamp, tool_name, server_name } = row;
      changes.push({ id, timestamp, tool_name, server_name, before: was, after: is });
    } catch {
      sums.unjudged++;
    }
  }
  return { ...sums, changes };
}

function decisionOf(simulation: Simulation, row: InvocationRow, scan: ScanLimits) {
  const { decision } = withinScanTime(
    simulation.patterns,
    scan,
    () => simulation.run(factsOf(row)),
  );
  return { action: decision.action, rule: decision.rule?.id ?? null };
}

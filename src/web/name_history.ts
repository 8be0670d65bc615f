/**
 * Questions to the statistics about one tool, server or agent over time.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { addPlaceCalls } from "./gateway_stats.ts";
import { endS, type Grouping, isPlace, isTimed, levelsOf, type Span } from "./stats_queries.ts";
import { LEVELS } from "./stats_store.ts";
import { SteppedCalls, type WindowLines } from "./stepped_calls.ts";

/** Lines of one name: one value for each step, all of the same length. */
export interface NameHistory extends WindowLines {
  readonly step_s: number;
  readonly p99_ms: readonly (number | null)[];
}

/** Days that are told of all time. */
const ALL_DAYS = 90;

/** The calls of one name over a span; only those of tools and servers have latencies. */
export function nameHistory(
  db: DatabaseSync,
  by: Grouping,
  name: string,
  span: Span,
): NameHistory {
  const { named } = levelsOf(span), stepS = named === 0 ? LEVELS.day : named;
  const sinceMs = span.sinceMs ?? span.nowMs - ALL_DAYS * LEVELS.day * 1000;
  const since = Math.floor(sinceMs / 1000), from = since - since % stepS;
  const length = Math.floor((span.nowMs / 1000 - from) / stepS) + 1;
  const steps = new SteppedCalls(from, stepS, length);
  if (isPlace(by)) addPlaceCalls(steps, db, { by, name }, { stepS, from, to: endS(span) });
  const calls = isPlace(by) ? [] : db.prepare(
    by === "agent"
      ? "SELECT at, kind, n FROM agent_calls WHERE level = ? AND at >= ? AND at < ? AND agent = ?"
      : `SELECT at, kind, sum(n) AS n FROM tool_calls
         WHERE level = ? AND at >= ? AND at < ? AND place IN (SELECT id FROM places WHERE ${by} = ?)
         GROUP BY at, kind`,
  ).all(stepS, from, endS(span), name);
  for (const { at, kind, n } of calls) steps.add(at, kind, n);
  const buckets = !isTimed(by) ? [] : db.prepare(
    `SELECT at, bucket, sum(n) AS n FROM latency
     WHERE level = ? AND at >= ? AND at < ? AND place IN (SELECT id FROM places WHERE ${by} = ?)
     GROUP BY at, bucket`,
  ).all(stepS, from, endS(span), name);
  for (const { at, bucket, n } of buckets) steps.addLatency(at, Number(bucket), Number(n));
  return { step_s: stepS, ...steps.lines(), p99_ms: steps.quantile(0.99) };
}

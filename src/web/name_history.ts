/**
 * Questions to the statistics about one tool, server or agent over time.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { quantileMs } from "./latency_buckets.ts";
import { type Grouping, levelsOf, resultOf, type Span } from "./stats_queries.ts";
import { LEVELS } from "./stats_store.ts";
import type { WindowLines } from "./window_queries.ts";

/** Lines of one name: one value for each step, all of the same length. */
export interface NameHistory extends WindowLines {
  readonly step_s: number;
  readonly p99_ms: readonly (number | null)[];
}

/** Days that are told of all time. */
const ALL_DAYS = 90;

/** The calls of one name over a span; an agent's have no latencies of their own. */
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
  const sums = Array.from({ length }, () => ({ calls: 0, denied: 0, errors: 0 }));
  const latencies = Array.from({ length }, () => new Map<number, number>());
  const stepOf = (at: unknown) => Math.floor((Number(at) - from) / stepS);
  const calls = db.prepare(
    by === "agent"
      ? "SELECT at, kind, n FROM agent_calls WHERE level = ? AND at >= ? AND agent = ?"
      : `SELECT at, kind, sum(n) AS n FROM tool_calls
         WHERE level = ? AND at >= ? AND place IN (SELECT id FROM places WHERE ${by} = ?)
         GROUP BY at, kind`,
  ).all(stepS, from, name);
  for (const { at, kind, n } of calls) {
    const sum = sums[stepOf(at)];
    if (sum === undefined) continue;
    sum.calls += Number(n);
    const result = resultOf(String(kind));
    if (result === "denied") sum.denied += Number(n);
    else if (result === "failed") sum.errors += Number(n);
  }
  const buckets = by === "agent" ? [] : db.prepare(
    `SELECT at, bucket, sum(n) AS n FROM latency
     WHERE level = ? AND at >= ? AND place IN (SELECT id FROM places WHERE ${by} = ?)
     GROUP BY at, bucket`,
  ).all(stepS, from, name);
  for (const { at, bucket, n } of buckets) latencies[stepOf(at)]?.set(Number(bucket), Number(n));
  const line = (quantile: number) => latencies.map((counts) => quantileMs(counts, quantile));
  return {
    step_s: stepS,
    at: sums.map((_, step) => from + step * stepS),
    calls: sums.map(({ calls }) => calls),
    denied: sums.map(({ denied }) => denied),
    errors: sums.map(({ errors }) => errors),
    p50_ms: line(0.5),
    p95_ms: line(0.95),
    p99_ms: line(0.99),
  };
}

/**
 * Questions to the statistics about any window of time: its sums, its lines, and the window of the
 * same length before it.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { quantileMs } from "./latency_buckets.ts";
import type { LogSource } from "./log_source.ts";
import { MINUTES_KEPT_S } from "./rollup_sql.ts";
import { LEVELS } from "./stats_store.ts";
import { countCalls, SteppedCalls, type WindowLines } from "./stepped_calls.ts";

/** A window, in seconds since the epoch; `to` is not in it. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Sums of a window. */
export interface WindowSums {
  readonly calls: number;
  /** Denied and limited. */
  readonly denied: number;
  readonly errors: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly agents: number;
  readonly sessions: number;
}

/** Steps that a line may have. */
const MAX_STEPS = 400;
/** Seconds that a step may have. */
const STEPS = [60, 120, 300, 600, 1800, 3600, 7200, 21_600, 86_400] as const;
/** Seconds up to which refusals are counted in the log itself: hours are too coarse. */
const BY_ROW_S = 6 * 3600;
/** Rules that are named. */
const MAX_RULES = 50;

/** Chooses a step, and moves the window to whole steps; it ends after `to`. */
export function stepsOf({ from, to }: Window, nowS: number): Window & { readonly stepS: number } {
  const level = levelOf(from, nowS);
  const stepS = STEPS.find((step) => step >= level && (to - from) / step <= MAX_STEPS) ??
    LEVELS.day * Math.ceil((to - from) / MAX_STEPS / LEVELS.day);
  return { from: from - from % stepS, to: to - to % stepS + stepS, stepS };
}

/** The window of the same length before, of whole hours where only those are known. */
export function windowBefore({ from, to }: Window, nowS: number): Window {
  const begin = Math.max(0, 2 * from - to), level = levelOf(begin, nowS);
  return { from: begin, to: Math.max(from - from % level, begin - begin % level + level) };
}

/** Minutes where they are kept, else hours. */
function levelOf(from: number, nowS: number): number {
  return from > nowS - MINUTES_KEPT_S + 600 ? LEVELS.minute : LEVELS.hour;
}

/** Sums up a window. */
export function windowSums(db: DatabaseSync, { from, to }: Window, nowS: number): WindowSums {
  const level = levelOf(from, nowS), begin = from - from % level;
  const sums = { calls: 0, denied: 0, errors: 0 };
  const kinds = db.prepare(
    "SELECT kind, sum(n) AS n FROM totals WHERE level = ? AND at >= ? AND at < ? GROUP BY kind",
  ).all(level, begin, to);
  for (const { kind, n } of kinds) countCalls(sums, String(kind), Number(n));
  const buckets = db.prepare(
    `SELECT bucket, sum(n) AS n FROM total_latency WHERE level = ? AND at >= ? AND at < ?
     GROUP BY bucket`,
  ).all(level, begin, to);
  const counts = new Map(buckets.map(({ bucket, n }) => [Number(bucket), Number(n)]));
  const named = to - from > 2 * LEVELS.day ? LEVELS.sixHours : LEVELS.hour;
  const { n: agents } = db.prepare(
    `SELECT count(DISTINCT agent) AS n FROM agent_calls
     WHERE level = ? AND at >= ? AND at < ? AND agent <> ''`,
  ).get(named, from - from % named, to)!;
  const { n: sessions } = db.prepare(
    "SELECT count(*) AS n FROM sessions WHERE last >= ? AND began < ?",
  ).get(textOf(from), textOf(to))!;
  return {
    ...sums,
    p50_ms: quantileMs(counts, 0.5),
    p95_ms: quantileMs(counts, 0.95),
    p99_ms: quantileMs(counts, 0.99),
    agents: Number(agents),
    sessions: Number(sessions),
  };
}

/** The lines of a window; steps without calls are zero. */
export function windowLines(
  db: DatabaseSync,
  { from, to, stepS }: Window & { readonly stepS: number },
  nowS: number,
): WindowLines {
  const level = levelOf(from, nowS), length = Math.max(1, Math.ceil((to - from) / stepS));
  const steps = new SteppedCalls(from, stepS, length);
  const rows = db.prepare(
    "SELECT at, kind, n FROM totals WHERE level = ? AND at >= ? AND at < ?",
  ).all(level, from, to);
  for (const { at, kind, n } of rows) steps.add(at, kind, n);
  // A month has tens of thousands of them: one row a time of them is read the fastest.
  const buckets = db.prepare(
    `SELECT at, json_group_array(bucket) AS buckets, json_group_array(n) AS counts
     FROM total_latency WHERE level = ? AND at >= ? AND at < ? GROUP BY at`,
  ).all(level, from, to);
  for (const row of buckets) {
    const counts: number[] = JSON.parse(String(row.counts));
    JSON.parse(String(row.buckets)).forEach((bucket: number, at: number) =>
      steps.addLatency(row.at, bucket, counts[at]!)
    );
  }
  return steps.lines();
}

/** What was refused in a window, by what refused it; the one with most first. */
export function windowRules(
  db: DatabaseSync,
  log: LogSource,
  { from, to }: Window,
): { readonly rule: string; readonly count: number }[] {
  const rows = to - from > BY_ROW_S
    ? db.prepare(
      `SELECT rule, sum(n) AS n FROM refusals WHERE level = ? AND at >= ? AND at < ? AND n > 0
       GROUP BY rule ORDER BY n DESC, rule LIMIT ${MAX_RULES}`,
    ).all(LEVELS.hour, from - from % LEVELS.hour, to)
    : log.read(({ db }) =>
      db.prepare(
        `SELECT policy_hit AS rule, count(*) AS n FROM tool_invocations
         WHERE status IN ('denied', 'rate_limited') AND status <> 'allowed' AND policy_hit IS NOT NULL
           AND timestamp >= ? AND timestamp < ?
         GROUP BY rule ORDER BY n DESC, rule LIMIT ${MAX_RULES}`,
      ).all(textOf(from), textOf(to))
    );
  return rows.map(({ rule, n }) => ({ rule: String(rule), count: Number(n) }));
}

function textOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

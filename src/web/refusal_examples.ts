/**
 * What is told of a rule besides its counts: how often it refused before, and the call that it refused
 * last.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { shortOf, type ShortRow } from "./feed_frames.ts";
import { type LogSource, toLogRow } from "./log_source.ts";
import { type RuleStats, ruleStats } from "./refusal_queries.ts";
import type { Span } from "./stats_queries.ts";
import { LEVELS } from "./stats_store.ts";

/** Rules of which an example is told; of the others, counts are. */
const MAX_EXAMPLES = 50;

/** A rule with its past and its latest call. */
export interface ToldRule extends RuleStats {
  /** Calls that it refused in the span of the same length before; null for all time. */
  readonly before: number | null;
  /** Null where the call is no longer in the log. */
  readonly latest: ShortRow | null;
}

/** Refusals of a span by what refused; the one with most first. */
export function toldRules(db: DatabaseSync, log: LogSource, span: Span): ToldRule[] {
  const before = span.sinceMs === null ? null : countsBefore(db, span.sinceMs, span.nowMs);
  return ruleStats(db, span).map((stats, index) => ({
    ...stats,
    before: before === null ? null : before.get(stats.rule) ?? 0,
    latest: index < MAX_EXAMPLES ? latestOf(log, stats) : null,
  }));
}

function countsBefore(db: DatabaseSync, sinceMs: number, nowMs: number): Map<string, number> {
  const to = Math.floor(sinceMs / 1000), from = Math.floor((2 * sinceMs - nowMs) / 1000);
  const { hour, day } = LEVELS, level = to - from <= 8 * day ? hour : day;
  const rows = db.prepare(
    `SELECT rule, sum(n) AS n FROM refusals WHERE level = ? AND at >= ? AND at < ? AND n > 0
     GROUP BY rule`,
  ).all(level, from - from % level, to - to % level);
  return new Map(rows.map(({ rule, n }) => [String(rule), Number(n)]));
}

function latestOf(log: LogSource, { rule, last_seen }: RuleStats): ShortRow | null {
  return log.read(({ db, columns }) => {
    const row = db.prepare(
      `SELECT ${columns} FROM tool_invocations WHERE timestamp = ? AND policy_hit = ? LIMIT 1`,
    ).get(last_seen, rule);
    return row === undefined ? null : shortOf(toLogRow(row));
  });
}

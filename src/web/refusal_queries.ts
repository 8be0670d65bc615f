/**
 * Questions to the statistics about what was refused, and about sessions.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { timestampText } from "../audit/columns.ts";
import { endS, isoOf, sinceText, type Span } from "./stats_queries.ts";
import { REFUSED_KINDS } from "./rollup_sql.ts";
import { LEVELS } from "./stats_store.ts";

/** Tools that are named of one rule. */
const MAX_TOOLS = 20;

/** What one rule, limit or breaker has kept agents from. */
export interface RuleStats {
  readonly rule: string;
  readonly count: number;
  readonly denied: number;
  readonly rate_limited: number;
  readonly circuit_open: number;
  readonly last_seen: string;
  /** Tools of which it has ever refused a call. */
  readonly tools: readonly string[];
  /** Calls over the span, by the hour up to a week, else by the day. */
  readonly trend: readonly { readonly at: string; readonly count: number }[];
}

/** Refusals of a span by what refused; the one with most first. */
export function ruleStats(db: DatabaseSync, span: Span): RuleStats[] {
  const ms = span.sinceMs === null ? Infinity : span.nowMs - span.sinceMs;
  const level = ms <= 8 * 86_400_000 ? LEVELS.hour : LEVELS.day;
  const since = Math.floor((span.sinceMs ?? 0) / 1000), tools = toolsOf(db);
  const found = new Map<string, RuleDraft>();
  const rows = db.prepare(
    `SELECT rule, kind, at, n, last FROM refusals
     WHERE level = ? AND at >= ? AND at < ? AND n > 0 ORDER BY at`,
  ).all(level, since - since % level, endS(span)) as unknown as RuleRow[];
  for (const { rule, kind, at, n, last } of rows) {
    const draft = found.get(rule) ?? emptyRule();
    found.set(rule, draft);
    draft.count += n;
    draft[kind] += n;
    if (last > draft.last) draft.last = last;
    draft.trend.set(at, (draft.trend.get(at) ?? 0) + n);
  }
  return [...found].map(([rule, { last, trend, ...sums }]) => ({
    rule,
    ...sums,
    last_seen: last,
    tools: (tools.get(rule) ?? []).slice(0, MAX_TOOLS),
    trend: [...trend].map(([at, count]) => ({ at: isoOf(at), count })),
  })).sort((a, b) => b.count - a.count);
}

function toolsOf(db: DatabaseSync): Map<string, string[]> {
  const rows = db.prepare(
    `SELECT DISTINCT rule, tool FROM keys WHERE kind IN (${REFUSED_KINDS})
     ORDER BY tool`,
  ).all() as unknown as { rule: string; tool: string }[];
  return new Map(
    Object.entries(Object.groupBy(rows, ({ rule }) => rule))
      .map(([rule, tools]) => [rule, tools!.map(({ tool }) => tool)]),
  );
}

/** Sessions of a span, the one that was used last first. */
export function sessionsOf(
  db: DatabaseSync,
  span: Span,
  limit: number,
  offset: number,
): Record<string, unknown>[] {
  const isBefore = span.isPast === true ? "AND began < ?" : "";
  const end = span.isPast === true ? [timestampText(span.nowMs)] : [];
  return db.prepare(
    `SELECT * FROM sessions WHERE last >= ? ${isBefore} ORDER BY last DESC LIMIT ? OFFSET ?`,
  ).all(sinceText(span), ...end, limit, offset).map((row) => ({ ...row }));
}

interface RuleRow {
  readonly rule: string;
  readonly kind: "denied" | "rate_limited" | "circuit_open";
  readonly at: number;
  readonly n: number;
  readonly last: string;
}

interface RuleDraft {
  count: number;
  denied: number;
  rate_limited: number;
  circuit_open: number;
  last: string;
  readonly trend: Map<number, number>;
}

function emptyRule(): RuleDraft {
  return {
    ...{ count: 0, denied: 0, rate_limited: 0, circuit_open: 0, last: "" },
    trend: new Map(),
  };
}

/**
 * Questions to the statistics about what was refused, and about sessions.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { isoOf, levelsOf, type Span } from "./stats_queries.ts";
import { LEVELS } from "./stats_store.ts";

/** What one rule, limit or breaker has kept agents from. */
export interface RuleStats {
  readonly rule: string;
  readonly count: number;
  readonly denied: number;
  readonly rate_limited: number;
  readonly circuit_open: number;
  readonly last_seen: string;
  readonly tools: readonly string[];
  /** Calls over the span, by the hour, six hours or day. */
  readonly trend: readonly { readonly at: string; readonly count: number }[];
}

/** Refusals of a span by what refused; the one with most first. */
export function ruleStats(db: DatabaseSync, span: Span): RuleStats[] {
  const { named, namedFrom } = levelsOf(span);
  const level = named === 0 ? LEVELS.day : named;
  const found = new Map<string, RuleDraft>();
  const rows = db.prepare(
    `SELECT rule, kind, tool, at, n, last FROM calls JOIN keys ON keys.id = calls.key
     WHERE level = ? AND at >= ? AND kind IN ('denied', 'rate_limited', 'circuit_open') AND n > 0
     ORDER BY at`,
  ).all(level, namedFrom) as unknown as RuleRow[];
  for (const { rule, kind, tool, at, n, last } of rows) {
    const draft = found.get(rule) ?? emptyRule();
    found.set(rule, draft);
    draft.count += n;
    draft[kind] += n;
    draft.tools.add(tool);
    if (last > draft.last) draft.last = last;
    draft.trend.set(at, (draft.trend.get(at) ?? 0) + n);
  }
  return [...found].map(([rule, { last, tools, trend, ...sums }]) => ({
    rule,
    ...sums,
    last_seen: last,
    tools: [...tools].slice(0, 20),
    trend: [...trend].map(([at, count]) => ({ at: isoOf(at), count })),
  })).sort((a, b) => b.count - a.count);
}

/** Sessions of a span, the one that was used last first. */
export function sessionsOf(
  db: DatabaseSync,
  span: Span,
  limit: number,
  offset: number,
): Record<string, unknown>[] {
  const since = span.sinceMs === null ? "" : new Date(span.sinceMs).toISOString();
  return db.prepare("SELECT * FROM sessions WHERE last >= ? ORDER BY last DESC LIMIT ? OFFSET ?")
    .all(since, limit, offset).map((row) => ({ ...row }));
}

interface RuleRow {
  readonly rule: string;
  readonly kind: "denied" | "rate_limited" | "circuit_open";
  readonly tool: string;
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
  readonly tools: Set<string>;
  readonly trend: Map<number, number>;
}

function emptyRule(): RuleDraft {
  return {
    ...{ count: 0, denied: 0, rate_limited: 0, circuit_open: 0, last: "" },
    tools: new Set(),
    trend: new Map(),
  };
}

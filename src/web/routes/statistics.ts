/**
 * What the statistics say: `/api/overview`, `/api/tools`, `/api/violations`, `/api/sessions`, and the
 * original's paths of the first two.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { type Context, Hono } from "@hono/hono";
import { csvField } from "../../audit/csv.ts";
import { EXPOSITION_TYPE, logMetrics } from "../log_metrics.ts";
import type { LogSource } from "../log_source.ts";
import { placeStats } from "../gateway_stats.ts";
import { nameHistory } from "../name_history.ts";
import { BadRequest, QUERY_BOUNDS, QueryWords } from "../query_words.ts";
import type { Progress, StatsKeeper } from "../stats_keeper.ts";
import { toldRules } from "../refusal_examples.ts";
import { sessionsOf } from "../refusal_queries.ts";
import { toolCosts } from "../tool_costs.ts";
import { shadowStats } from "../shadow_queries.ts";
import {
  GROUPINGS,
  isPlace,
  namedStats,
  overviewOf,
  seriesOf,
  type Span,
} from "../stats_queries.ts";

const HOUR_MS = 3_600_000;
const SPAN_WORDS = ["span", "from", "to"] as const;

/** The routes. */
export function statisticsRoutes(log: LogSource, stats: StatsKeeper): Hono {
  const routes = new Hono();
  /** The JSON of what is counted; says so while the past is not counted to its end. */
  const counted = (c: Context, make: (db: DatabaseSync, progress: Progress) => object) =>
    stats.read((db, progress) => {
      noteProgress(c, progress);
      return c.json(make(db, progress));
    });
  const allOf = (c: Context) => spanOf(new QueryWords(c.req.query(), SPAN_WORDS), "all");
  const overview = (c: Context) => {
    const span = spanOf(new QueryWords(c.req.query(), ["span"]), "all");
    return counted(c, (db, progress) => {
      const sparkline = seriesOf(db, { ...span, sinceMs: span.nowMs - HOUR_MS });
      return {
        ...overviewOf(db, span),
        calls_per_minute_now: sparkline.at(-1)?.count ?? 0,
        open_calls: openCalls(log),
        sparkline,
        ...span.sinceMs === null ? {} : { series: seriesOf(db, span) },
        counting: { complete: progress.isComplete, rows_left: progress.rowsLeft },
      };
    });
  };
  const tools = (c: Context) => {
    const words = new QueryWords(c.req.query(), [...SPAN_WORDS, "by", "format"]);
    const by = words.oneOf("by", GROUPINGS, "tool"), span = spanOf(words, "all");
    const format = words.oneOf("format", ["json", "csv"], "json");
    return stats.read((db, progress) => {
      noteProgress(c, progress);
      const found = isPlace(by) ? placeStats(db, by, span) : namedStats(db, by, span);
      if (format === "json") return c.json(found);
      return c.body(tableOf(found), 200, {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="${by}s.csv"`,
      });
    });
  };
  routes.get("/overview", overview);
  routes.get("/stats/overview", overview);
  routes.get("/tools", tools);
  routes.get("/stats/tools", tools);
  routes.get("/stats/agents", (c) => c.json([]));
  routes.get("/violations", (c) => {
    const span = allOf(c);
    return counted(c, (db) => toldRules(db, log, span));
  });
  routes.get("/shadow", (c) => c.json(shadowStats(log, allOf(c))));
  routes.get("/tool-costs", (c) => {
    const span = allOf(c);
    return counted(c, (db, { isComplete }) => toolCosts(db, log, span, isComplete));
  });
  routes.get("/history", (c) => {
    const words = new QueryWords(c.req.query(), [...SPAN_WORDS, "by", "name"]),
      name = words.text("name");
    const by = words.oneOf("by", GROUPINGS, "tool"), span = spanOf(words, "all");
    if (name === undefined) throw new BadRequest(`name must be that of a ${by}`);
    return counted(c, (db) => nameHistory(db, by, name, span));
  });
  routes.get("/sessions", (c) => {
    const words = new QueryWords(c.req.query(), [...SPAN_WORDS, "limit", "offset"]);
    const { defaultLimit, maxLimit } = QUERY_BOUNDS;
    const limit = words.count("limit", defaultLimit, 1, maxLimit);
    const offset = words.count("offset", 0, 0, 1_000_000), span = spanOf(words, "all");
    return counted(c, (db) => sessionsOf(db, span, limit, offset));
  });
  return routes;
}

/** `/metrics`: what Prometheus asks for. */
export function metricsRoute(log: LogSource, stats: StatsKeeper): (c: Context) => Response {
  return (c) =>
    stats.read((db) =>
      c.body(logMetrics(db, openCalls(log)), 200, { "content-type": EXPOSITION_TYPE })
    );
}

/** Rows that all have the same members, as CSV. */
function tableOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const line = (fields: readonly unknown[]) =>
    fields.map((field) => csvField(field as string | number | null)).join(",") + "\r\n";
  if (rows.length === 0) return "";
  return line(Object.keys(rows[0]!)) + rows.map((row) => line(Object.values(row))).join("");
}

function spanOf(words: QueryWords, byDefault: string): Span {
  const window = words.window();
  if (window !== undefined) {
    return { sinceMs: window.from * 1000, nowMs: window.to * 1000, isPast: true };
  }
  const nowMs = Date.now(), ms = words.span("span", byDefault);
  return { nowMs, sinceMs: ms === undefined ? null : nowMs - ms };
}

/** Says so while the past is not counted to its end. */
function noteProgress(c: Context, { isComplete, rowsLeft }: Progress): void {
  if (!isComplete) c.header("x-agentgate-counting", `${rowsLeft} rows left`);
}

function openCalls(log: LogSource): number {
  return log.read(({ db }) => {
    try {
      const found = db.prepare(
        "SELECT count(*) AS n FROM tool_invocations WHERE outcome = 'open'",
      ).get();
      return Number(found!.n);
    } catch {
      return 0; // An original's file knows no open calls.
    }
  });
}

/**
 * `/api/window`: all that a page says of a span of time, in one answer.
 *
 * @module
 */

import { Hono } from "@hono/hono";
import { type RefusingCircuit, refusingCircuits } from "../circuit_queries.ts";
import { shortOf, type ShortRow } from "../feed_frames.ts";
import { type LogSource, toLogRow } from "../log_source.ts";
import { BadRequest, QueryWords } from "../query_words.ts";
import type { StatsKeeper } from "../stats_keeper.ts";
import type { WindowLines } from "../stepped_calls.ts";
import {
  stepsOf,
  type Window,
  windowBefore,
  windowLines,
  windowRules,
  type WindowSums,
  windowSums,
} from "../window_queries.ts";

/** Open calls that are told. */
const MAX_OPEN = 20;

/** The answer. */
export interface WindowAnswer extends Window {
  readonly step_s: number;
  readonly sums: WindowSums;
  /** The window of the same length before. */
  readonly before: WindowSums;
  readonly lines: WindowLines;
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  /** Calls that run now, the oldest first. */
  readonly open: readonly ShortRow[];
  /** Tools that an open circuit has refused calls of within the last minute. */
  readonly circuits: readonly RefusingCircuit[];
  readonly counting: { readonly complete: boolean; readonly rows_left: number };
}

/** The route. */
export function windowRoute(log: LogSource, stats: StatsKeeper): Hono {
  const routes = new Hono();
  routes.get("/", (c) => {
    const nowS = Math.floor(Date.now() / 1000);
    const asked = readWindow(new QueryWords(c.req.query(), ["span", "from", "to"]), nowS);
    return stats.read((db, { isComplete, rowsLeft }) => {
      const steps = stepsOf(asked, nowS);
      const answer: WindowAnswer = {
        ...{ from: asked.from, to: asked.to, step_s: steps.stepS },
        sums: windowSums(db, asked, nowS),
        before: windowSums(db, windowBefore(asked, nowS), nowS),
        lines: windowLines(db, steps, nowS),
        rules: windowRules(db, log, asked),
        open: openCalls(log),
        circuits: refusingCircuits(log, nowS * 1000),
        counting: { complete: isComplete, rows_left: rowsLeft },
      };
      return c.json(answer);
    });
  });
  return routes;
}

/** @throws {BadRequest} */
function readWindow(words: QueryWords, nowS: number): Window {
  const window = words.window();
  if (window !== undefined) return window;
  const ms = words.span("span", "24h");
  if (ms === undefined) throw new BadRequest("span must be like 1h, 24h, 7d or 30d");
  return { from: Math.max(0, nowS - Math.round(ms / 1000)), to: nowS + 1 };
}

function openCalls(log: LogSource): ShortRow[] {
  return log.read(({ db, columns }) => {
    try {
      return db.prepare(
        `SELECT ${columns} FROM tool_invocations WHERE outcome = 'open' ORDER BY timestamp
         LIMIT ${MAX_OPEN}`,
      ).all().map((row) => shortOf(toLogRow(row)));
    } catch {
      return []; // An original's file knows no open calls.
    }
  });
}

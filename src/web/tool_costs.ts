/**
 * What the tools that servers list cost an agent's context, and which of them nobody calls.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { LogSource } from "./log_source.ts";
import { endS, levelsOf, type Span } from "./stats_queries.ts";

/** A tool as it was listed last. */
export interface ToolCost {
  readonly tool: string;
  /** Of its entry in `tools/list`. */
  readonly bytes: number;
  /** Calls in the span; null while the past is not counted to its end, and none was found yet. */
  readonly calls: number | null;
}

/** The list of one server. */
export interface ServerCost {
  readonly server: string;
  readonly listed_at: string;
  /** The largest first. */
  readonly tools: readonly ToolCost[];
}

/** A list may come in pages: what was listed so shortly before its end belongs to it. */
const ONE_LIST_MS = 60_000;

/** The lists that are known; there are none of servers whose gateways have no policy. */
export function toolCosts(
  stats: DatabaseSync,
  log: LogSource,
  span: Span,
  isComplete: boolean,
): ServerCost[] {
  const { named, namedFrom } = levelsOf(span), calls = new Map<string, number>();
  const counted = stats.prepare(
    `SELECT server, tool, sum(n) AS n FROM tool_calls JOIN places ON id = place
     WHERE level = ? AND at >= ? AND at < ? GROUP BY place`,
  ).all(named, namedFrom, endS(span));
  for (const { server, tool, n } of counted) calls.set(`${server}\n${tool}`, Number(n));
  const byServer = Map.groupBy(listedIn(log), ({ server }) => server);
  return [...byServer].map(([server, tools]) => {
    const last = tools.reduce((last, { at }) => at > last ? at : last, "");
    const none = isComplete ? 0 : null;
    const from = new Date(Date.parse(last) - ONE_LIST_MS).toISOString();
    return {
      server,
      listed_at: last,
      tools: tools.filter(({ at }) => at >= from)
        .map(({ tool, bytes }) => ({ tool, bytes, calls: calls.get(`${server}\n${tool}`) ?? none }))
        .sort((a, b) => b.bytes - a.bytes),
    };
  });
}

interface ListedRow {
  readonly server: string;
  readonly tool: string;
  readonly bytes: number;
  readonly at: string;
}

function listedIn(log: LogSource): ListedRow[] {
  return log.read(({ db }) => {
    const has = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'listed_tools'").get();
    if (has === undefined) return []; // An original's file knows none.
    return db.prepare("SELECT server, tool, bytes, at FROM listed_tools ORDER BY server")
      .all() as unknown as ListedRow[];
  });
}

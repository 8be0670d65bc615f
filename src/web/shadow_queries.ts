/**
 * What shadow rules would have done: read from the calls themselves, which name them.
 *
 * @module
 */

import { timestampText } from "../audit/columns.ts";
import { SHADOW_INDEX } from "../audit/indices.ts";
import { shortOf, type ShortRow } from "./feed_frames.ts";
import { type LogSource, toLogRow } from "./log_source.ts";
import type { Span } from "./stats_queries.ts";

/** Calls that are read, the newest: those before them are not counted, which is told. */
const MAX_CALLS = 20_000;
/** Tools that are named of one rule. */
const MAX_TOOLS = 20;

/** One rule in shadow, and one thing that it would have done. */
export interface ShadowStats {
  readonly rule: string;
  /** `would_deny`, `would_allow`, `would_redact` … */
  readonly act: string;
  readonly count: number;
  readonly last_seen: string;
  readonly tools: readonly string[];
  readonly latest: ShortRow | null;
}

/** All of them. */
export interface ShadowAnswer {
  readonly rules: readonly ShadowStats[];
  /** Since when calls were counted, when the span has more than can be; else null. */
  readonly counted_since: string | null;
}

/** Counts a span; the rule that would have done most is first. */
export function shadowStats(log: LogSource, { sinceMs, nowMs, isPast }: Span): ShadowAnswer {
  const since = sinceMs === null ? "" : timestampText(Math.max(0, Math.floor(sinceMs)));
  const until = isPast === true ? timestampText(nowMs) : "9999";
  return log.read(({ db, columns }) => {
    // Without it all of the log would be read; an original's file has neither it nor such rules.
    const index = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(SHADOW_INDEX);
    if (index === undefined) return { rules: [], counted_since: null };
    const calls = db.prepare(
      `SELECT id, timestamp, tool_name AS tool, shadow_hits AS hits FROM tool_invocations
       INDEXED BY ${SHADOW_INDEX} WHERE shadow_hits IS NOT NULL AND timestamp >= ? AND timestamp < ?
       ORDER BY timestamp DESC LIMIT ${MAX_CALLS}`,
    ).all(since, until) as unknown as ShadowCall[];
    const latest = db.prepare(`SELECT ${columns} FROM tool_invocations WHERE id = ?`);
    const rules = [...draftsOf(calls)].map(([hit, { count, last, tools }]) => {
      const [act, rule] = partsOf(hit), row = latest.get(last.id);
      return {
        ...{ rule, act, count, last_seen: last.timestamp, tools: [...tools].slice(0, MAX_TOOLS) },
        latest: row === undefined ? null : shortOf(toLogRow(row)),
      };
    });
    return {
      rules: rules.sort((a, b) => b.count - a.count),
      counted_since: calls.length < MAX_CALLS ? null : calls.at(-1)!.timestamp,
    };
  });
}

interface ShadowCall {
  readonly id: string;
  readonly timestamp: string;
  readonly tool: string;
  /** JSON array of `would_deny:no-rm` and the like. */
  readonly hits: string;
}

interface Draft {
  count: number;
  readonly last: ShadowCall;
  readonly tools: Set<string>;
}

function draftsOf(calls: readonly ShadowCall[]): Map<string, Draft> {
  const found = new Map<string, Draft>();
  for (const call of calls) {
    for (const hit of hitsOf(call)) {
      const draft = found.get(hit) ?? { count: 0, last: call, tools: new Set<string>() };
      found.set(hit, draft);
      draft.count++;
      draft.tools.add(call.tool);
    }
  }
  return found;
}

function hitsOf({ hits }: ShadowCall): readonly string[] {
  try {
    const parsed: unknown = JSON.parse(hits);
    return Array.isArray(parsed) ? parsed.map(String) : [];
  } catch {
    return []; // Somebody else has written it.
  }
}

function partsOf(hit: string): [act: string, rule: string] {
  const at = hit.indexOf(":");
  return at < 0 ? ["would_act", hit] : [hit.slice(0, at), hit.slice(at + 1)];
}

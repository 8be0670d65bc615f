/**
 * Questions to the statistics.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { timestampText } from "../audit/columns.ts";
import { quantileMs } from "./latency_buckets.ts";
import { LEVELS } from "./stats_store.ts";

/** A span of time that is asked about. */
export interface Span {
  /** Milliseconds since the epoch; null for all that was ever counted. */
  readonly sinceMs: number | null;
  /** Its end: now, … */
  readonly nowMs: number;
  /** … unless it ends in the past: what came from then on is not in it. */
  readonly isPast?: boolean;
}

/** The levels that answer for a span: exact to the minute or hour, and a coarser one by name. */
export interface SpanLevels {
  readonly total: number;
  readonly totalFrom: number;
  readonly named: number;
  readonly namedFrom: number;
}

const DAY_MS = 86_400_000;

/** Where a span begins, as the column `last` writes it. */
export function sinceText({ sinceMs }: Span): string {
  return sinceMs === null ? "" : timestampText(sinceMs);
}

/** Where it ends, in seconds since the epoch; what is stored with a clock that is ahead counts as now. */
export function endS({ nowMs, isPast }: Span): number {
  return isPast === true ? Math.ceil(nowMs / 1000) : Number.MAX_SAFE_INTEGER;
}

/** What the kind of a call comes to for whoever counts. */
export function resultOf(kind: string): "passed" | "denied" | "failed" {
  if (kind === "denied" || kind === "rate_limited") return "denied";
  return kind === "error" || kind === "circuit_open" ? "failed" : "passed";
}

/** Chooses the levels for a span. */
export function levelsOf({ sinceMs, nowMs }: Span): SpanLevels {
  const { minute, hour, sixHours, day } = LEVELS;
  if (sinceMs === null) return { total: hour, totalFrom: 0, named: 0, namedFrom: 0 };
  const ms = nowMs - sinceMs, at = Math.floor(sinceMs / 1000);
  const total = ms <= DAY_MS ? minute : hour;
  const named = ms <= 2 * DAY_MS ? hour : ms <= 7 * DAY_MS ? sixHours : day;
  return { total, totalFrom: at - at % total, named, namedFrom: at - at % named };
}

/** The numbers of a span. */
export interface Overview {
  readonly total_calls: number;
  /** Denied and limited. */
  readonly total_denials: number;
  readonly total_errors: number;
  readonly avg_latency_ms: number | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly agents: number;
  readonly sessions: number;
  /** RFC 3339; null for all that was ever counted. */
  readonly since: string | null;
}

/** Sums up a span. */
export function overviewOf(db: DatabaseSync, span: Span): Overview {
  const { total, totalFrom, named, namedFrom } = levelsOf(span);
  const kinds = db.prepare(
    "SELECT kind, sum(n) AS n, sum(us) AS us, sum(timed) AS timed FROM totals WHERE level = ? AND at >= ? GROUP BY kind",
  ).all(total, totalFrom) as unknown as KindSums[];
  const sum = (of: readonly KindSums[]) => of.reduce((sum, { n }) => sum + Number(n), 0);
  const { denied = [], failed = [] } = Object.groupBy(kinds, ({ kind }) => resultOf(kind));
  const counts = countsOf(
    db.prepare(
      "SELECT bucket, sum(n) AS n FROM total_latency WHERE level = ? AND at >= ? GROUP BY bucket",
    ).all(total, totalFrom),
  );
  const { n: agents } = db.prepare(
    "SELECT count(DISTINCT agent) AS n FROM agent_calls WHERE level = ? AND at >= ? AND agent <> ''",
  ).get(named, namedFrom)!;
  const { n: sessions } = db.prepare("SELECT count(*) AS n FROM sessions WHERE last >= ?")
    .get(sinceText(span))!;
  return {
    total_calls: sum(kinds),
    total_denials: sum(denied),
    total_errors: sum(failed),
    avg_latency_ms: meanMs(kinds),
    ...quantiles(counts),
    agents: Number(agents),
    sessions: Number(sessions),
    since: span.sinceMs === null ? null : isoOf(totalFrom),
  };
}

/** A point of a line: all calls, and those that were refused or failed. */
export interface SeriesPoint {
  /** `2026-11-22T17:57:00Z`. */
  readonly bucket: string;
  readonly count: number;
  readonly denied: number;
  readonly errors: number;
}

/** The calls of a span over time: by minute up to a day, else by hour; times without calls are zero. */
export function seriesOf(db: DatabaseSync, span: Span): SeriesPoint[] {
  const sinceMs = span.sinceMs ?? span.nowMs - 30 * DAY_MS;
  const { total, totalFrom } = levelsOf({ ...span, sinceMs });
  const points = new Map<number, { count: number; denied: number; errors: number }>();
  const until = Math.floor(span.nowMs / 1000);
  for (let at = totalFrom; at <= until; at += total) {
    points.set(at, { count: 0, denied: 0, errors: 0 });
  }
  const rows = db.prepare("SELECT at, kind, n FROM totals WHERE level = ? AND at >= ?")
    .all(total, totalFrom);
  for (const { at, kind, n } of rows) {
    const point = points.get(Number(at));
    if (point === undefined) continue;
    point.count += Number(n);
    const result = resultOf(String(kind));
    if (result === "denied") point.denied += Number(n);
    else if (result === "failed") point.errors += Number(n);
  }
  return [...points].map(([at, point]) => ({ bucket: isoOf(at), ...point }));
}

/** The numbers of a name. */
export interface NamedStats {
  readonly total_calls: number;
  readonly error_count: number;
  readonly denial_count: number;
  readonly avg_latency_ms: number | null;
  /** RFC 3339. */
  readonly last_seen: string;
  /** Bytes of all answers. */
  readonly result_bytes: number;
}

/** What calls are told apart by. */
export const GROUPINGS = ["tool", "server", "agent", "host", "gateway"] as const;

/** One of {@link GROUPINGS}. */
export type Grouping = typeof GROUPINGS[number];

/** A machine, or a process of one: a fleet has thousands. */
export type Place = "host" | "gateway";

/** The others, which are fewer. */
export type NamedGrouping = Exclude<Grouping, Place>;

/** Those whose latencies are counted. */
export type TimedGrouping = "tool" | "server";

const NAME_OF: Readonly<Record<NamedGrouping, string>> = {
  tool: "tool_name",
  server: "server_name",
  agent: "agent_id",
};

/** Sums up a span by tool, server or agent; the one with most calls first. */
export function namedStats(
  db: DatabaseSync,
  by: NamedGrouping,
  span: Span,
): (NamedStats & Readonly<Record<string, unknown>>)[] {
  const { named, namedFrom } = levelsOf(span);
  const sums = new Map<string, NamedSums>();
  const rows = db.prepare(SUMS_BY[by]).all(named, namedFrom, endS(span)) as unknown as NameSums[];
  for (const { name, kind, ...row } of rows) {
    const sum = sums.get(name) ??
      { n: 0, us: 0, timed: 0, bytes: 0, errors: 0, denials: 0, last: "" };
    sums.set(name, sum);
    for (const field of ["n", "us", "timed", "bytes"] as const) sum[field] += row[field];
    const result = resultOf(kind);
    if (result === "denied") sum.denials += row.n;
    else if (result === "failed") sum.errors += row.n;
    if (row.last > sum.last) sum.last = row.last;
  }
  const latencies = !isTimed(by) ? null : latenciesBy(db, by, named, namedFrom, endS(span));
  return [...sums].filter(([, { n }]) => n > 0).map(([name, sum]) => ({
    [NAME_OF[by]]: name === "" ? null : name,
    total_calls: sum.n,
    error_count: sum.errors,
    denial_count: sum.denials,
    avg_latency_ms: meanMs([sum]),
    last_seen: sum.last,
    result_bytes: sum.bytes,
    ...latencies === null ? {} : quantiles(latencies.get(name) ?? new Map()),
  })).sort((a, b) => b.total_calls - a.total_calls);
}

/** Whether it is a {@link Place}. */
export function isPlace(by: Grouping): by is Place {
  return by === "host" || by === "gateway";
}

/** Whether the latencies of such names are counted. */
export function isTimed(by: Grouping): by is TimedGrouping {
  return by === "tool" || by === "server";
}

const SUMS = `kind, sum(n) AS n, sum(us) AS us, sum(timed) AS timed, sum(bytes) AS bytes,
  max(last) AS last`;

/** The sums of each name and kind. */
const SUMS_BY: Readonly<Record<NamedGrouping, string>> = {
  tool: `SELECT tool AS name, ${SUMS} FROM tool_calls JOIN places ON id = place
    WHERE level = ? AND at >= ? AND at < ? GROUP BY tool, kind`,
  server: `SELECT server AS name, ${SUMS} FROM tool_calls JOIN places ON id = place
    WHERE level = ? AND at >= ? AND at < ? GROUP BY server, kind`,
  agent: `SELECT agent AS name, ${SUMS} FROM agent_calls
    WHERE level = ? AND at >= ? AND at < ?
    GROUP BY agent, kind`,
};

function latenciesBy(
  db: DatabaseSync,
  by: TimedGrouping,
  level: number,
  from: number,
  to: number,
): Map<string, Map<number, number>> {
  const found = new Map<string, Map<number, number>>(), names = namesOf(db, by);
  const query = db.prepare(
    `SELECT place, bucket, sum(n) AS n FROM latency WHERE level = ? AND at >= ? AND at < ?
     GROUP BY place, bucket`,
  );
  for (const row of query.all(level, from, to)) {
    const { place, bucket, n } = row as unknown as { place: number; bucket: number; n: number };
    const name = names.get(place)!;
    let counts = found.get(name);
    if (counts === undefined) found.set(name, counts = new Map());
    counts.set(bucket, (counts.get(bucket) ?? 0) + n);
  }
  return found;
}

/** Added up by number, and named afterwards: comparing names would take most of the time. */
function namesOf(db: DatabaseSync, by: TimedGrouping): Map<number, string> {
  const rows = db.prepare(`SELECT id, ${by} AS name FROM places`).all();
  return new Map(rows.map(({ id, name }) => [Number(id), String(name)]));
}

interface NameSums {
  readonly name: string;
  readonly kind: string;
  readonly n: number;
  readonly us: number;
  readonly timed: number;
  readonly bytes: number;
  readonly last: string;
}

interface NamedSums {
  n: number;
  us: number;
  timed: number;
  bytes: number;
  errors: number;
  denials: number;
  last: string;
}

interface KindSums {
  readonly kind: string;
  readonly n: number;
  readonly us: number;
  readonly timed: number;
}

function countsOf(rows: readonly Record<string, unknown>[]): Map<number, number> {
  return new Map(rows.map(({ bucket, n }) => [Number(bucket), Number(n)]));
}

function quantiles(counts: ReadonlyMap<number, number>) {
  return {
    p50_ms: quantileMs(counts, 0.5),
    p95_ms: quantileMs(counts, 0.95),
    p99_ms: quantileMs(counts, 0.99),
  };
}

/** The mean of what was timed, in milliseconds. */
export function meanMs(sums: readonly Pick<KindSums, "us" | "timed">[]): number | null {
  const us = sums.reduce((sum, kind) => sum + Number(kind.us), 0);
  const timed = sums.reduce((sum, kind) => sum + Number(kind.timed), 0);
  return timed === 0 ? null : Math.round(us / timed) / 1000;
}

/** `2026-11-22T17:57:00Z`. */
export function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

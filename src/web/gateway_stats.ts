/**
 * Questions to the statistics by machine and by gateway, of which a fleet has thousands.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { LEVELS } from "./stats_store.ts";
import type { SteppedCalls } from "./stepped_calls.ts";
import { endS, levelsOf, meanMs, type NamedStats, type Place, type Span } from "./stats_queries.ts";

/** Names of one answer: those with most calls. */
const MAX_NAMES = 1000;

/** Added up by number first: comparing names would take most of the time. */
const SUMS = `sum(n) AS n, sum(denied) AS denied, sum(errors) AS errors, sum(us) AS us,
  sum(timed) AS timed, sum(bytes) AS bytes, max(last) AS last`;

/** Sums up a span by machine or gateway; the one with most calls first. */
export function placeStats(
  db: DatabaseSync,
  by: Place,
  span: Span,
): (NamedStats & Readonly<Record<string, unknown>>)[] {
  const parts = partsOf(span);
  const calls = parts.map(() =>
    "SELECT * FROM gateway_calls WHERE level = ? AND at >= ? AND at < ?"
  ).join(" UNION ALL ");
  const rows = db.prepare(
    `SELECT g.${by} AS name, ${SUMS} FROM (
       SELECT gateway AS id, ${SUMS} FROM (${calls}) GROUP BY gateway) JOIN gateways g USING (id)
     GROUP BY g.${by} HAVING sum(n) > 0 ORDER BY n DESC LIMIT ${MAX_NAMES}`,
  ).all(...parts.flatMap(({ level, from, to }) => [level, from, to]));
  return rows.map(({ name, n, denied, errors, us, timed, bytes, last }) => ({
    [by]: name === "" ? null : name,
    total_calls: Number(n),
    error_count: Number(errors),
    denial_count: Number(denied),
    avg_latency_ms: meanMs([{ us: Number(us), timed: Number(timed) }]),
    last_seen: String(last),
    result_bytes: Number(bytes),
  }));
}

/** Steps of a level, from one time and to another, in seconds since the epoch. */
interface Part {
  readonly level: number;
  readonly from: number;
  readonly to: number;
}

/** The level above, whose steps are whole ones of the level. */
const ABOVE: Readonly<Record<number, number>> = {
  [LEVELS.hour]: LEVELS.sixHours,
  [LEVELS.sixHours]: LEVELS.day,
};

/** The same steps as for other names, with as many of the level above as there are in them. */
export function partsOf(span: Span): Part[] {
  const { named: level, namedFrom: from } = levelsOf(span), to = endS(span), above = ABOVE[level];
  if (above === undefined) return [{ level, from, to }];
  const first = Math.ceil(from / above) * above;
  // What has no end is whole up to it.
  const last = to === Number.MAX_SAFE_INTEGER ? to : Math.floor(to / above) * above;
  if (first >= last) return [{ level, from, to }];
  return [
    { level, from, to: first },
    { level: above, from: first, to: last },
    { level, from: last, to },
  ];
}

/** Adds the calls of one of them over a span. */
export function addPlaceCalls(
  steps: SteppedCalls,
  db: DatabaseSync,
  { by, name }: { readonly by: Place; readonly name: string },
  { stepS, from, to }: { readonly stepS: number; readonly from: number; readonly to: number },
): void {
  const rows = db.prepare(
    `SELECT at, sum(n) AS n, sum(denied) AS denied, sum(errors) AS errors FROM gateway_calls
     WHERE level = ? AND at >= ? AND at < ? AND gateway IN (SELECT id FROM gateways WHERE ${by} = ?)
     GROUP BY at`,
  ).all(stepS, from, to, name);
  for (const { at, n, denied, errors } of rows) {
    steps.add(at, "success", Number(n) - Number(denied) - Number(errors));
    steps.add(at, "denied", denied);
    steps.add(at, "error", errors);
  }
}

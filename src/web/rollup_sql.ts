/**
 * Adding rows up: a slice of the log in a table of its own, then one statement for each table of the
 * statistics.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { LEVELS } from "./stats_store.ts";

/** Seconds for which minutes are kept. */
export const MINUTES_KEPT_S = 48 * 3600;

/** What a call counts as: the words of the original's metrics. */
const KIND = `CASE WHEN outcome = 'circuit_open' THEN 'circuit_open' WHEN status = 'allowed'
  THEN 'success' ELSE status END`;

/** Kinds of calls that are counted as refused by what they name. */
export const REFUSED_KINDS = "'denied', 'rate_limited', 'circuit_open'";

/** Columns of the slice, as they are made from a row of the log. */
const SLICE_COLUMNS = `id, ifnull(unixepoch(timestamp), 0) AS at, timestamp, server_name AS server,
  tool_name AS tool, ifnull(agent_id, '') AS agent, ${KIND} AS kind, ifnull(policy_hit, '') AS rule,
  ifnull(latency_us, latency_ms * 1000) AS us, ifnull(session_id, '') AS session,
  agent_version AS version, ifnull(gateway, '') AS gateway, ifnull(host, '') AS host, request_bytes AS bytes_in, result_bytes AS bytes_out`;

/** The same by their names, as the table of provisional rows has them. */
const NAMES = `id, at, timestamp, server, tool, agent, kind, rule, us, session, version, gateway,
  host, bytes_in, bytes_out`;

/** Makes the tables of the slice: its rows, and what they come to by the hour. */
export const CREATE_SLICE = `
  CREATE TEMP TABLE slice AS SELECT 1 AS w, *, '' AS outcome FROM provisional LIMIT 0;
  CREATE TEMP TABLE by_key (at INTEGER, key INTEGER, n INTEGER, us INTEGER, timed INTEGER,
    bytes INTEGER, last TEXT);
  CREATE TEMP TABLE by_place (at INTEGER, place INTEGER, bucket INTEGER, n INTEGER);
  CREATE TEMP TABLE by_gateway (at INTEGER, gateway INTEGER, n INTEGER, denied INTEGER,
    errors INTEGER, us INTEGER, timed INTEGER, bytes INTEGER, last TEXT);`;

/**
 * Fills it with the rows for which `where` holds.
 *
 * @param columns Those of a row, also where an original's file lacks some: `OpenLog.columns`.
 */
export function fillSlice(columns: string, where: string): string {
  return `INSERT INTO temp.slice (w, ${NAMES}, outcome)
    SELECT 1, ${SLICE_COLUMNS}, outcome
    FROM (SELECT ${columns} FROM log.tool_invocations WHERE ${where}) WHERE outcome <> 'open'`;
}

const { minute, hour, sixHours, day } = LEVELS;
const floor = (level: number) => level === 0 ? "0" : `at - at % ${level}`;

/** Whether minutes are kept of a row. */
const IS_RECENT = `at > unixepoch() - ${MINUTES_KEPT_S}`;

/** What rows of hours come to, and how that is added to what is there. */
const SUMS = "sum(n), sum(us), sum(timed), sum(bytes), max(last)";
const ADD_SUMS = `ON CONFLICT DO UPDATE SET n = n + excluded.n, us = us + excluded.us,
  timed = timed + excluded.timed, bytes = bytes + excluded.bytes, last = max(last, excluded.last)`;

/** Calls of a slice that were refused, and that have failed, as `resultOf` says it. */
const REFUSED_AND_FAILED = `sum(w * (kind IN ('denied', 'rate_limited'))),
  sum(w * (kind IN ('error', 'circuit_open')))`;

/** Adds the slice to everything. A row that was counted and may change is taken out first. */
const ADD_UP: readonly string[] = Object.freeze([
  `INSERT INTO temp.slice (w, ${NAMES}, outcome)
     SELECT -1, ${NAMES}, '' FROM provisional WHERE id IN (SELECT id FROM temp.slice)`,
  "DELETE FROM provisional WHERE id IN (SELECT id FROM temp.slice)",
  `INSERT OR REPLACE INTO provisional (${NAMES})
     SELECT ${NAMES} FROM temp.slice WHERE w = 1 AND outcome IN ('task', 'unknown')
     AND at > unixepoch() - 86400`,
  `INSERT OR IGNORE INTO keys (server, tool, agent, kind, rule)
     SELECT DISTINCT server, tool, agent, kind, rule FROM temp.slice`,
  "INSERT OR IGNORE INTO places (server, tool) SELECT DISTINCT server, tool FROM temp.slice",
  "INSERT OR IGNORE INTO gateways (host, gateway) SELECT DISTINCT host, gateway FROM temp.slice",
  `INSERT INTO temp.by_key SELECT ${floor(hour)} AS t, k.id, sum(w), sum(w * ifnull(us, 0)),
     sum(w * (us IS NOT NULL)), sum(w * ifnull(bytes_out, 0)), max(timestamp)
   FROM temp.slice s JOIN keys k USING (server, tool, agent, kind, rule) GROUP BY t, k.id`,
  `INSERT INTO temp.by_place SELECT ${floor(hour)} AS t, p.id, bucket_of(us) AS b, sum(w)
   FROM temp.slice s JOIN places p USING (server, tool) WHERE us IS NOT NULL GROUP BY t, p.id, b`,
  `INSERT INTO temp.by_gateway SELECT ${floor(hour)} AS t, g.id, sum(w), ${REFUSED_AND_FAILED},
     sum(w * ifnull(us, 0)), sum(w * (us IS NOT NULL)), sum(w * ifnull(bytes_out, 0)), max(timestamp)
   FROM temp.slice s JOIN gateways g USING (host, gateway) GROUP BY t, g.id`,
  ...[0, hour, sixHours, day].flatMap((level) => [
    `INSERT INTO gateway_calls SELECT ${level}, ${floor(level)} AS t, gateway, sum(n), sum(denied),
       sum(errors), sum(us), sum(timed), sum(bytes), max(last)
     FROM temp.by_gateway WHERE TRUE GROUP BY t, gateway
     ${ADD_SUMS}, denied = denied + excluded.denied, errors = errors + excluded.errors`,
    `INSERT INTO calls SELECT ${level}, ${floor(level)} AS t, key, ${SUMS}
     FROM temp.by_key WHERE TRUE GROUP BY t, key ${ADD_SUMS}`,
    `INSERT INTO tool_calls SELECT ${level}, ${floor(level)} AS t, p.id, kind, ${SUMS}
     FROM temp.by_key g JOIN keys k ON k.id = g.key JOIN places p USING (server, tool) WHERE TRUE
     GROUP BY t, p.id, kind ${ADD_SUMS}`,
    `INSERT INTO agent_calls SELECT ${level}, ${floor(level)} AS t, agent, kind, ${SUMS}
     FROM temp.by_key g JOIN keys k ON k.id = g.key WHERE TRUE GROUP BY t, agent, kind ${ADD_SUMS}`,
    `INSERT INTO latency SELECT ${level}, ${floor(level)} AS t, place, bucket, sum(n)
     FROM temp.by_place WHERE TRUE GROUP BY t, place, bucket
     ON CONFLICT DO UPDATE SET n = n + excluded.n`,
  ]),
  `INSERT INTO totals SELECT ${hour}, at, kind, sum(n), sum(us), sum(timed)
   FROM temp.by_key g JOIN keys k ON k.id = g.key WHERE TRUE GROUP BY at, kind
   ON CONFLICT DO UPDATE SET n = n + excluded.n, us = us + excluded.us,
     timed = timed + excluded.timed`,
  ...[hour, day].map((level) =>
    `INSERT INTO refusals SELECT ${level}, ${floor(level)} AS t, rule, kind, sum(n), max(last)
     FROM temp.by_key g JOIN keys k ON k.id = g.key
     WHERE kind IN (${REFUSED_KINDS}) GROUP BY t, rule, kind
     ON CONFLICT DO UPDATE SET n = n + excluded.n, last = max(last, excluded.last)`
  ),
  `INSERT INTO total_latency SELECT ${hour}, at, bucket, sum(n) FROM temp.by_place WHERE TRUE
   GROUP BY at, bucket ON CONFLICT DO UPDATE SET n = n + excluded.n`,
  `INSERT INTO totals SELECT ${minute}, ${floor(minute)} AS t, kind, sum(w), sum(w * ifnull(us, 0)),
     sum(w * (us IS NOT NULL)) FROM temp.slice WHERE ${IS_RECENT} GROUP BY t, kind
   ON CONFLICT DO UPDATE SET n = n + excluded.n, us = us + excluded.us,
     timed = timed + excluded.timed`,
  `INSERT INTO total_latency SELECT ${minute}, ${floor(minute)} AS t, bucket_of(us) AS b, sum(w)
   FROM temp.slice WHERE us IS NOT NULL AND ${IS_RECENT} GROUP BY t, b
   ON CONFLICT DO UPDATE SET n = n + excluded.n`,
  `INSERT INTO sessions SELECT session, nullif(max(agent), ''), max(version), max(server),
     nullif(max(gateway), ''),
     min(timestamp), max(timestamp), sum(w), ${REFUSED_AND_FAILED}, sum(w * ifnull(bytes_in, 0)),
     sum(w * ifnull(bytes_out, 0))
   FROM temp.slice WHERE session <> '' GROUP BY session
   ON CONFLICT DO UPDATE SET agent = ifnull(excluded.agent, agent),
     version = ifnull(excluded.version, version), began = min(began, excluded.began),
     last = max(last, excluded.last), calls = calls + excluded.calls,
     refused = refused + excluded.refused, errors = errors + excluded.errors,
     bytes_in = bytes_in + excluded.bytes_in, bytes_out = bytes_out + excluded.bytes_out`,
  "DELETE FROM temp.slice",
  "DELETE FROM temp.by_key",
  "DELETE FROM temp.by_place",
  "DELETE FROM temp.by_gateway",
]);

/** Adds the slice to everything, and empties it. */
export function addUp(db: DatabaseSync): void {
  for (const sql of ADD_UP) db.exec(sql);
}

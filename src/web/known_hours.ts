/**
 * Where calls of a filter can be: the hours in which the statistics know of any. So a rare tool, or
 * one that was never called, is found in millions of rows without reading them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { bucketOf } from "./latency_buckets.ts";
import type { LogSource, OpenLog } from "./log_source.ts";
import type { QueryWords } from "./query_words.ts";
import type { StatsKeeper } from "./stats_keeper.ts";
import { REFUSED_KINDS } from "./rollup_sql.ts";
import { LEVELS } from "./stats_store.ts";

/** Words of a filter that are columns of the statistics, too. */
const NAMES = ["tool", "server", "agent", "rule"] as const;

/** Words that are columns of what is counted by gateway. */
const PLACES = ["host", "gateway"] as const;

/** All words that hours are known by. */
const ASKED: readonly string[] = Object.freeze([...NAMES, ...PLACES, "session", "took"]);

const HOUR = LEVELS.hour;

/** Combinations of names that are looked for one by one. */
const MAX_KEYS = 8;

/** Open calls beyond which nothing is skipped for them. */
const MAX_OPEN = 1000;

/** A question to the statistics whose answer is hours. */
interface Question {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/**
 * Finds the hours, newest first, in seconds since the epoch; undefined when they are not known: for a
 * filter that they do not depend on, or while the past is not counted.
 */
export function knownHours(
  words: QueryWords,
  log: LogSource,
  stats: StatsKeeper,
): readonly number[] | undefined {
  if (ASKED.every((word) => words.text(word) === undefined)) return undefined;
  return stats.read((db, { isComplete, isCaughtUp }) => {
    if (!isComplete || !isCaughtUp) return undefined;
    const questions = [
      ...[...byNames(db, words), ...byGateway(words)],
      ...[...bySession(words), ...byTime(words)],
    ];
    const counted = db.prepare(questions.map(({ sql }) => sql).join(" INTERSECT "))
      .all(...questions.flatMap(({ values }) => values)).map(({ at }) => Number(at));
    const open = log.read(openHours);
    return open === undefined
      ? undefined
      : [...new Set([...counted, ...open])].sort((a, b) => b - a);
  });
}

/**
 * Few combinations of names are looked for in each hour; with many, each name is, since hours without
 * any are rare then.
 */
function byNames(db: DatabaseSync, words: QueryWords): Question[] {
  const given = NAMES.flatMap((name) => {
    const value = words.text(name);
    return value === undefined ? [] : [{ name, value }];
  });
  if (given.length === 0) return [];
  const terms = given.map(({ name }) => `${name} = ?`).join(" AND ");
  const values = given.map(({ value }) => value);
  const { n, others } = db.prepare(
    `SELECT count(*) AS n, ifnull(sum(kind NOT IN (${REFUSED_KINDS})), 0) AS others FROM keys
     WHERE ${terms}`,
  ).get(...values)!;
  // What has failed by a limit of ours is not among the refusals of a rule.
  const isWhole = words.text("rule") === undefined || others === 0;
  if (Number(n) > MAX_KEYS && isWhole) {
    return given.map(({ name, value }) => byName(name, value));
  }
  const sql = `SELECT DISTINCT at FROM totals t WHERE level = ${HOUR} AND EXISTS
    (SELECT 1 FROM calls c WHERE c.level = ${HOUR} AND c.at = t.at AND key IN
      (SELECT id FROM keys WHERE ${terms}))`;
  return [{ sql, values }];
}

/** Asked of the smallest table that knows the name. */
function byName(name: typeof NAMES[number], value: string): Question {
  const rows = name === "rule"
    ? "refusals WHERE rule = ?"
    : name === "agent"
    ? "agent_calls WHERE agent = ?"
    : `tool_calls WHERE place IN (SELECT id FROM places WHERE ${name} = ?)`;
  return { sql: `SELECT DISTINCT at FROM ${rows} AND level = ${HOUR}`, values: [value] };
}

/** The hours in which a machine, or a gateway, has made calls. */
function byGateway(words: QueryWords): Question[] {
  const given = PLACES.filter((name) => words.text(name) !== undefined);
  if (given.length === 0) return [];
  const terms = given.map((name) => `${name} = ?`).join(" AND ");
  return [{
    sql: `SELECT DISTINCT at FROM totals t WHERE level = ${HOUR} AND EXISTS
      (SELECT 1 FROM gateway_calls c WHERE c.level = ${HOUR} AND c.at = t.at AND gateway IN
        (SELECT id FROM gateways WHERE ${terms}))`,
    values: given.map((name) => words.text(name)!),
  }];
}

/** The hours from a session's first call to its last. */
function bySession(words: QueryWords): Question[] {
  const session = words.text("session");
  return session === undefined ? [] : [{
    sql: `SELECT DISTINCT t.at FROM sessions s JOIN totals t ON t.level = ${HOUR}
      AND t.at > ifnull(unixepoch(s.began), 0) - 3600 AND t.at <= ifnull(unixepoch(s.last), 1e12)
      WHERE s.id = ?`,
    values: [session],
  }];
}

/** The hours in which some call has taken so long, or so short. */
function byTime(words: QueryWords): Question[] {
  const took = words.took("took");
  return took === undefined ? [] : [{
    sql: `SELECT DISTINCT at FROM total_latency WHERE level = ${HOUR} AND n > 0
      AND bucket ${took.sql.includes("<") ? "<=" : ">="} ?`,
    values: [bucketOf(took.us)],
  }];
}

/** The hours of the calls that are open, which are not counted yet; undefined for too many. */
function openHours({ db, hasChanges }: OpenLog): number[] | undefined {
  if (!hasChanges) return undefined;
  const rows = db.prepare(
    `SELECT DISTINCT ifnull(unixepoch(timestamp), 0) / 3600 * 3600 AS at
     FROM tool_invocations WHERE outcome = 'open' LIMIT ${MAX_OPEN}`,
  ).all();
  return rows.length === MAX_OPEN ? undefined : rows.map(({ at }) => Number(at));
}

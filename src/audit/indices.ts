/**
 * The indices for whoever reads by change number, what was refused, or what shadow rules would have
 * done. A small database has them from its first start on; no start waits until those of a large one
 * are built.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { HOST_COLUMN, HOST_INDEX, HOST_REFUSED_INDEX, isCopy } from "./copy_state.ts";

/** Whether calls were refused or have failed, in SQL. */
export const NOT_ALLOWED = "status <> 'allowed'";

/** Whether few calls end like that, in SQL. */
export const IS_RARE_OUTCOME = "outcome NOT IN ('ok', 'open')";

/** The same of a word. */
export const isRareOutcome = (outcome: string): boolean => outcome !== "ok" && outcome !== "open";

/** Each by its name. */
const INDICES: Readonly<Record<string, string>> = Object.freeze({
  idx_invocations_change: "(change) WHERE change IS NOT NULL",
  idx_invocations_shadow: "(timestamp) WHERE shadow_hits IS NOT NULL",
  idx_invocations_refused:
    `(status, timestamp, outcome, policy_hit, tool_name) WHERE ${NOT_ALLOWED}`,
  idx_invocations_outcome: `(outcome, timestamp) WHERE ${IS_RARE_OUTCOME}`,
  idx_invocations_rule: "(policy_hit, timestamp, tool_name) WHERE policy_hit IS NOT NULL",
});

/** Those that a copy of the fleet's log has as well. */
const COPY_INDICES: Readonly<Record<string, string>> = Object.freeze({
  [HOST_INDEX]: `(${HOST_COLUMN}, timestamp, status, tool_name)`,
  [HOST_REFUSED_INDEX]: `(${HOST_COLUMN}, status, timestamp, outcome, policy_hit, tool_name)
    WHERE ${NOT_ALLOWED}`,
});

/** Name of the index without which nothing is read by change number. */
export const CHANGE_INDEX = "idx_invocations_change";

/** Name of the index of what shadow rules would have done. */
export const SHADOW_INDEX = "idx_invocations_shadow";

/** Name of the index of what was refused or has failed. */
export const REFUSED_INDEX = "idx_invocations_refused";

/** Name of the index of who refused calls. */
export const RULE_INDEX = "idx_invocations_rule";

/** Name of the index of outcomes that few calls have. */
export const OUTCOME_INDEX = "idx_invocations_outcome";

/** Those that a database does not have yet, or has of other columns. */
export function missingIndices(db: DatabaseSync): string[] {
  const present = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index'").all();
  const made = new Set(present.map(({ sql }) => sql));
  const wanted = Object.keys(isCopy(db) ? { ...INDICES, ...COPY_INDICES } : INDICES);
  return wanted.filter((name) => !made.has(sqlOf(name)));
}

/**
 * Builds one, in place of one of the same name; the write lock is held meanwhile: half a second for a
 * million rows.
 */
function buildIndex(db: DatabaseSync, name: string): void {
  db.exec("SAVEPOINT index_building");
  try {
    const made = db.prepare("SELECT sql FROM sqlite_schema WHERE name = ?").get(name);
    if (made !== undefined && made.sql !== sqlOf(name)) db.exec(`DROP INDEX ${name}`);
    db.exec(sqlOf(name).replace("INDEX", "INDEX IF NOT EXISTS"));
  } catch (fault) {
    db.exec("ROLLBACK TO index_building");
    throw fault;
  } finally {
    db.exec("RELEASE index_building");
  }
}

/** As SQLite keeps it. */
function sqlOf(name: string): string {
  return `CREATE INDEX ${name} ON tool_invocations ${INDICES[name] ?? COPY_INDICES[name]}`;
}

/** Builds one that is missing, if any is. */
export function buildMissingIndex(db: DatabaseSync): void {
  const [name] = missingIndices(db);
  if (name !== undefined) buildIndex(db, name);
}

/** Builds all that are missing. */
export function buildIndices(db: DatabaseSync): void {
  for (const name of missingIndices(db)) buildIndex(db, name);
}

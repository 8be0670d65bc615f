/**
 * The indices for whoever reads by change number, what was refused, or what shadow rules would have
 * done. A small database has them from its first start on; no start waits until those of a large one
 * are built.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** Each by its name. */
const INDICES: Readonly<Record<string, string>> = Object.freeze({
  idx_invocations_change: "(change) WHERE change IS NOT NULL",
  idx_invocations_shadow: "(timestamp) WHERE shadow_hits IS NOT NULL",
  idx_invocations_refused: "(status, timestamp, outcome, policy_hit) WHERE status <> 'allowed'",
});

/** Name of the index without which nothing is read by change number. */
export const CHANGE_INDEX = "idx_invocations_change";

/** Name of the index of what shadow rules would have done. */
export const SHADOW_INDEX = "idx_invocations_shadow";

/** Name of the index of what was refused or has failed. */
export const REFUSED_INDEX = "idx_invocations_refused";

/** Those that a database does not have yet. */
export function missingIndices(db: DatabaseSync): string[] {
  const present = new Set(
    db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index'").all().map(({ name }) => name),
  );
  return Object.keys(INDICES).filter((name) => !present.has(name));
}

/** Builds one; the write lock is held meanwhile: half a second for a million rows. */
export function buildIndex(db: DatabaseSync, name: string): void {
  db.exec(`CREATE INDEX IF NOT EXISTS ${name} ON tool_invocations ${INDICES[name]}`);
}

/** Builds all that are missing. */
export function buildIndices(db: DatabaseSync): void {
  for (const name of missingIndices(db)) buildIndex(db, name);
}

/**
 * What the log keeps so that the decision on a call can be repeated.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import manifest from "../../deno.json" with { type: "json" };
import type { Fact } from "../session/facts.ts";
import type { CallRecord } from "../session/record.ts";

/** The columns and tables; a migration of the schema. */
export const FACTS_SQL = `
  ALTER TABLE tool_invocations ADD COLUMN policy_decision TEXT;
  ALTER TABLE tool_invocations ADD COLUMN policy_digest TEXT;
  ALTER TABLE tool_invocations ADD COLUMN run TEXT;
  ALTER TABLE tool_invocations ADD COLUMN session_calls INTEGER;
  ALTER TABLE tool_invocations ADD COLUMN mono_us INTEGER;
  ALTER TABLE tool_invocations ADD COLUMN facts TEXT;
  CREATE TABLE policies (digest TEXT PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL,
    engine TEXT NOT NULL, first_used TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE tool_annotations (digest TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE policy_runs (run TEXT NOT NULL, since_us INTEGER NOT NULL, digest TEXT NOT NULL,
    cwd TEXT NOT NULL, home TEXT, at TEXT NOT NULL, PRIMARY KEY (run, since_us)) WITHOUT ROWID;`;

/** Content of the column `facts`, each member where there is something to say. */
export interface RecordedFacts {
  /** JSON pointers into `arguments`, `#agent`, `#tool`, `#annotations`; `*` for everything. */
  readonly masked?: readonly string[];
  /** The arguments were too long to be kept whole. */
  readonly truncated?: true;
  /** Names a row of `tool_annotations`: what the server said of the tool, where a rule asks for it. */
  readonly annotations?: string;
  /** Where texts that were read as paths have led, if elsewhere; null where that is redacted. */
  readonly paths?: Readonly<Record<string, string | null>>;
}

/** JSON text of the facts of a call; null for none, as of most. */
export function factsText(
  { masked, policy, arguments: args }: CallRecord,
  maxPayloadBytes: number,
): string | null {
  const truncated = args !== null && args.length > maxPayloadBytes;
  if (
    masked.length === 0 && !truncated && policy?.annotations === undefined &&
    policy?.paths === undefined
  ) return null;
  const { annotations, hasMaskedAnnotations, paths } = policy ?? {};
  const all = hasMaskedAnnotations ? [...masked, "#annotations"] : masked;
  return JSON.stringify(
    {
      ...all.length > 0 ? { masked: all } : {},
      ...truncated ? { truncated } : {},
      ...annotations === undefined ? {} : { annotations },
      ...paths === undefined ? {} : { paths },
    } satisfies RecordedFacts,
  );
}

/** A fact as it travels to the thread that writes. */
export type StoredFact = Fact & { readonly run: string; readonly at: number };

/** Annotations that are kept, and starts of gateways: servers and clients may bring ever more. */
const KEPT = Object.freeze({ annotations: 10_000, runs: 100_000 });

/** What tells facts apart: the same again changes nothing. */
export function keyOfFact(fact: StoredFact): string {
  return fact.kind === "in_force"
    ? `${fact.kind} ${fact.run} ${fact.sinceUs}`
    : `${fact.kind} ${fact.digest}`;
}

/** Stores a fact, within a transaction. */
export function storeFact(db: DatabaseSync, fact: StoredFact): void {
  const at = new Date(fact.at).toISOString();
  switch (fact.kind) {
    case "policy":
      db.prepare("INSERT OR IGNORE INTO policies VALUES (?, ?, ?, ?, ?)")
        .run(fact.digest, fact.name, fact.text, manifest.version, at);
      return;
    case "in_force":
      db.prepare("INSERT OR IGNORE INTO policy_runs VALUES (?, ?, ?, ?, ?, ?)")
        .run(fact.run, fact.sinceUs, fact.digest, fact.cwd, fact.home ?? null, at);
      db.prepare(
        `DELETE FROM policy_runs WHERE at < (SELECT at FROM policy_runs ORDER BY at DESC
         LIMIT 1 OFFSET ${KEPT.runs})`,
      ).run();
      return;
    case "annotations":
      db.prepare(
        `INSERT OR IGNORE INTO tool_annotations SELECT ?, ?
         WHERE (SELECT count(*) FROM tool_annotations) < ${KEPT.annotations}`,
      ).run(fact.digest, fact.json);
  }
}

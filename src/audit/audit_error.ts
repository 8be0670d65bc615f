/**
 * Faults of the audit log, in words that say what to do.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";

/**
 * - `missing`: there is no database yet (only readers say so; the gateway creates it)
 * - `not_a_database`: the file holds something else
 * - `newer_schema`: a later AgentGate has written it
 * - `unavailable`: it cannot be opened, read or migrated
 * - `write_failing`: it was opened, and now it cannot be written
 */
export type AuditErrorCode =
  | "missing"
  | "not_a_database"
  | "newer_schema"
  | "unavailable"
  | "write_failing";

const ADVICE: Readonly<Record<AuditErrorCode, string>> = Object.freeze({
  missing: "It is created by the first `agentgate wrap`.",
  not_a_database: "Move the file away, or set another db_path.",
  newer_schema: "Update this AgentGate, or set another db_path.",
  unavailable:
    "Check that the folder and the file can be written and that the disk is not full, or set another db_path; " +
    "with `required = false` under [audit] the gateway starts all the same, and calls go unrecorded.",
  write_failing:
    "Writing is tried again until it succeeds; the records of calls that ran are kept.",
});

/** The audit log cannot do what was asked. The message says what, why, and what to do. */
export class AuditError extends Error {
  override readonly name = "AuditError";

  /** @param path The database. @param reason Why, as SQLite or the system told it. */
  constructor(readonly code: AuditErrorCode, readonly path: string, readonly reason: string) {
    super(
      code === "missing"
        ? `No audit log at ${path} yet. ${ADVICE[code]}`
        : `Cannot ${
          code === "write_failing" ? "write" : "open"
        } the audit log ${path}: ${reason}. ${ADVICE[code]}`,
    );
  }
}

/** The {@link AuditError} for whatever was thrown while `path` was opened or migrated. */
export function toAuditError(thrown: unknown, path: string): AuditError {
  if (thrown instanceof AuditError) return thrown;
  const reason = reasonOf(thrown);
  // `node:sqlite` gives every error the same code; SQLite's own words are all there is to go by.
  const code = reason.includes("file is not a database") ? "not_a_database" : "unavailable";
  return new AuditError(code, path, reason);
}

/** Whether another connection's lock was in the way. */
export function isBusy(thrown: unknown): boolean {
  return /database (table |schema )?is locked/.test(reasonOf(thrown));
}

/** Whether there was no room on the disk. */
export function isFull(thrown: unknown): boolean {
  return /disk is full|No space left|quota exceeded/i.test(reasonOf(thrown));
}

/**
 * Opens a log for reading. It never creates one.
 *
 * @module
 */

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { AuditError, toAuditError } from "./audit_error.ts";
import { AUDIT_BOUNDS } from "./bounds.ts";
import { openForReading } from "./schema.ts";

/** A log, and the columns that its calls have: an original's file has fewer. */
export interface OpenLog {
  readonly db: DatabaseSync;
  readonly present: ReadonlySet<unknown>;
}

/** @throws {AuditError} `missing` when there is no file or no table, or why it cannot be read. */
export function openLog(path: string): OpenLog {
  let db: DatabaseSync | undefined;
  try {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file === undefined) throw new AuditError("missing", path, "no such file");
    if (file.isDirectory()) throw new AuditError("unavailable", path, "it is a folder");
    db = openForReading(path, AUDIT_BOUNDS.busyTimeoutMs);
    const present = new Set(
      db.prepare("SELECT name FROM pragma_table_info('tool_invocations')").all()
        .map(({ name }) => name),
    );
    if (present.size === 0) throw new AuditError("missing", path, "no such table");
    return { db, present };
  } catch (error) {
    db?.close();
    throw toAuditError(error, path);
  }
}

/**
 * What the gateway's own log says of the audit log.
 *
 * @module
 */

import type { Log } from "../log.ts";
import type { AuditReport, Leftover } from "./protocol.ts";

/** What a line needs to know of an audit log. */
export interface Told {
  readonly log: Log;
  /** The database. */
  readonly path: string;
  readonly required: boolean;
}

/** Says what a report says, where a person should know it. */
export function tellReport(report: AuditReport, { log, path, required }: Told): void {
  switch (report.type) {
    case "failing":
      return log[required ? "error" : "warn"]("the audit log cannot be written", {
        path,
        reason: report.reason,
        calls: required ? "refused until it can" : "GO ON, and may not be recorded",
      });
    case "recovered":
      return log.warn("the audit log is written again", { path });
    case "displaced":
      return log.warn(
        report.part === "database"
          ? "the audit log's file was removed or replaced; it goes on in a new one"
          : `the audit log's ${report.part} was removed or replaced; ` +
            "what it alone may have held is written again",
        { path },
      );
    case "rowless":
      return log.warn("calls have ended whose rows are no longer in the audit log", {
        path,
        calls: report.calls,
      });
    case "taken_in": {
      const { file, records } = report;
      return log.warn("records that a gateway could not store are in the audit log now", {
        file,
        records,
      });
    }
    case "spill_unreadable":
      return log.warn("records beside the audit log cannot be taken in; look at the file", {
        file: report.file,
        reason: report.reason,
      });
    case "retention_done":
      if (report.deletedRows === 0) return;
      return log.info("audit retention", { deleted_rows: report.deletedRows });
    case "deleted_unshipped":
      return log.warn(
        "records were deleted that the fleet's PostgreSQL does not have: the log had too many",
        { path, records: report.rows },
      );
    case "retention_failed":
      return log.warn("audit retention failed; it runs again in an hour", {
        reason: report.reason,
      });
  }
}

/** Says what was not stored at the end, and where it is. */
export function tellLeftover({ spill, lostBytes }: Leftover, reason: string, { log }: Told): void {
  if (spill !== null) {
    log.warn("records that could not be stored wait beside the audit log for the next start", {
      file: spill.file,
      reason,
    });
  }
  if (lostBytes > 0) {
    log.error("the audit log is incomplete: the end came before all was written", {
      unwritten_bytes: lostBytes,
      reason,
    });
  }
}

/** Says how many calls have no record of their own. */
export function tellUnrecorded(calls: number, { log, required }: Told): void {
  log.warn(
    required
      ? "refused calls were counted and not recorded one by one"
      : "calls were not recorded in the audit log",
    { calls },
  );
}

/**
 * Whether a run was recorded.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/**
 * Compares an audit database with the calls that were made: each has one row, and each row an end.
 *
 * @returns What is wrong; undefined if nothing.
 */
export function auditProblem(database: string, callsSent: number): string | undefined {
  const db = new DatabaseSync(database, { readOnly: true });
  try {
    const { rows, calls, open } = db.prepare(
      `SELECT count(*) AS rows, count(DISTINCT request_id) AS calls,
              count(*) FILTER (WHERE outcome IN ('open', 'unknown')) AS open
       FROM tool_invocations`,
    ).get() as { rows: number; calls: number; open: number };
    if (rows === callsSent && calls === callsSent && open === 0) return undefined;
    return `RECORDS ARE MISSING OR WRONG: ${callsSent} calls were sent; the database has ${rows} ` +
      `rows for ${calls} of them, ${open} without an end`;
  } finally {
    db.close();
  }
}

/**
 * The statements that store a batch, in their order.
 *
 * @module
 */

import { COMPLETED_COLUMNS, COPIED_COLUMNS, FLEET_COLUMNS } from "./columns.ts";

const columns = COPIED_COLUMNS.join(", ");

/** Makes the table that a batch is copied into, where this connection has none yet. */
export const STAGING_SQL = `CREATE TEMPORARY TABLE IF NOT EXISTS staged_calls (
  started_at timestamptz, change bigint, ${
  FLEET_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(", ")
}) ON COMMIT DELETE ROWS`;

/** Copies the batch into it. */
export const COPY_SQL = `COPY pg_temp.staged_calls (${columns}) FROM STDIN`;

/** Adds the rows that are new; `$1` is their source, `$2` its host. */
export const ADD_SQL = `INSERT INTO agentgate.calls (source, host, ${columns})
  SELECT $1, $2, ${columns} FROM pg_temp.staged_calls ON CONFLICT (started_at, id) DO NOTHING`;

/** Nothing is known of a table that was just filled: each row is looked up by its key, whatever is there. */
export const BY_KEY_SQL = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/** Completes those that were there. Not by `DO UPDATE`: that would take the right to read what is stored. */
export const COMPLETE_SQL = `UPDATE agentgate.calls AS kept SET ${
  COMPLETED_COLUMNS.map((name) => `${name} = staged.${name}`).join(", ")
} FROM pg_temp.staged_calls AS staged
  WHERE kept.started_at = staged.started_at AND kept.id = staged.id AND kept.change < staged.change`;

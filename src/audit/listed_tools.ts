/**
 * The tools that servers have listed, with what each costs an agent's context: a cache, which the next
 * list brings up to date.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/** A tool as a server lists it. */
export interface ListedTool {
  readonly name: string;
  /** Of its JSON text in `tools/list`, in bytes. */
  readonly bytes: number;
}

/** For the database; a migration of the schema. */
export const LISTED_TOOLS_SQL = `CREATE TABLE IF NOT EXISTS listed_tools (server TEXT NOT NULL,
  tool TEXT NOT NULL, bytes INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (server, tool))
  WITHOUT ROWID`;

/** Days after which a tool that no list has named any more is forgotten. */
const KEPT_DAYS = 90;

/** Notes tools of a server that were listed just now. */
export function noteTools(
  db: DatabaseSync,
  server: string,
  tools: readonly ListedTool[],
  nowMs: number,
): void {
  const at = new Date(nowMs).toISOString();
  const put = db.prepare(
    "INSERT OR REPLACE INTO listed_tools (server, tool, bytes, at) VALUES (?, ?, ?, ?)",
  );
  for (const { name, bytes } of tools) put.run(server, name, bytes, at);
  db.prepare("DELETE FROM listed_tools WHERE at < ?")
    .run(new Date(nowMs - KEPT_DAYS * 86_400_000).toISOString());
}

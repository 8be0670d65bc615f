/**
 * The tools that servers have listed, with what each costs an agent's context: a cache, which the next
 * list brings up to date.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { ListedTool } from "../session/facts.ts";
import { loggedName } from "./columns.ts";

/** For the database; a migration of the schema. */
export const LISTED_TOOLS_SQL = `CREATE TABLE IF NOT EXISTS listed_tools (server TEXT NOT NULL,
  tool TEXT NOT NULL, bytes INTEGER NOT NULL, at TEXT NOT NULL, PRIMARY KEY (server, tool))
  WITHOUT ROWID`;

/** For the database; a later migration. Holds a JSON list. */
export const LISTED_ARGUMENTS_SQL = "ALTER TABLE listed_tools ADD COLUMN arguments TEXT";

/** Days after which a tool that no list has named any more is forgotten. */
const KEPT_DAYS = 90;

/** Tools of one server that are kept: a server may list others each time. */
const KEPT_TOOLS = 4096;

/** Notes tools of a server that were listed just now; a list may be as long as what is kept. */
export function noteTools(
  db: DatabaseSync,
  server: string,
  tools: readonly ListedTool[],
  nowMs: number,
): void {
  const at = new Date(nowMs).toISOString();
  const put = db.prepare(
    "INSERT OR REPLACE INTO listed_tools (server, tool, bytes, at, arguments) VALUES (?, ?, ?, ?, ?)",
  );
  for (const { name, bytes, arguments: args } of tools) {
    put.run(server, loggedName(name), bytes, at, args === undefined ? null : JSON.stringify(args));
  }
  // Those of a clock that went wrong would be the last list for ever.
  db.prepare("DELETE FROM listed_tools WHERE at < ? OR at > ?")
    .run(new Date(nowMs - KEPT_DAYS * 86_400_000).toISOString(), at);
  db.prepare(
    `DELETE FROM listed_tools WHERE server = ?1 AND tool NOT IN
       (SELECT tool FROM listed_tools WHERE server = ?1 ORDER BY at DESC LIMIT ${KEPT_TOOLS})`,
  ).run({ 1: server });
}

/** Tools that wait to be noted: a list that comes again and again is written once. */
export class WaitingTools {
  readonly #byServer = new Map<string, Map<string, ListedTool>>();

  add(server: string, tools: readonly ListedTool[]): void {
    const waiting = this.#byServer.get(server) ?? new Map<string, ListedTool>();
    this.#byServer.set(server, waiting);
    for (const tool of tools) {
      const name = loggedName(tool.name);
      waiting.delete(name);
      waiting.set(name, { ...tool, name });
    }
    for (const oldest of waiting.keys()) {
      if (waiting.size <= KEPT_TOOLS) break;
      waiting.delete(oldest);
    }
  }

  /** Takes all of them, by server. */
  take(): [server: string, tools: ListedTool[]][] {
    const taken = [...this.#byServer].map(([server, waiting]): [string, ListedTool[]] => [
      server,
      [...waiting.values()],
    ]);
    this.#byServer.clear();
    return taken;
  }
}

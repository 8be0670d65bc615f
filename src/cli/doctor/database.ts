/**
 * Checks whether the audit log can be read and written, without leaving a trace.
 *
 * @module
 */

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InvocationReader } from "../../audit/reader.ts";
import { type Finding, ok } from "./finding.ts";

/** Opens a database that exists; of one that does not, tries the folder that it would be made in. */
export async function checkDatabase(path: string): Promise<Finding> {
  if (await exists(path)) {
    new InvocationReader(path)[Symbol.dispose]();
    takeWriteLock(path);
    return ok(`DB path is writable: ${path}`);
  }
  let folder = dirname(path);
  while (!await exists(folder)) folder = dirname(folder);
  await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".agentgate-doctor-" }));
  return ok(`DB path is writable: ${path} (made by the first wrap)`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A gateway at work may hold the lock for a moment; it would not, were the file not writable. */
function takeWriteLock(path: string): void {
  const db = new DatabaseSync(path, { timeout: 1000 });
  try {
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
  } catch (error) {
    const isHeld = error instanceof Error && error.message.includes("locked");
    if (!isHeld) throw new Error(`DB path is not writable: ${path}: ${(error as Error).message}`);
  } finally {
    db.close();
  }
}

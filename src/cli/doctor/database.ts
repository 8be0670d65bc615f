/**
 * Checks whether the audit log can be read and written, without leaving a trace.
 *
 * @module
 */

import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { InvocationReader } from "../../audit/reader.ts";
import { reasonOf } from "../../errors.ts";
import { spillFilesOf } from "../../audit/spill_files.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** Finds records that wait for the database. */
export function checkSpills(path: string): Finding[] {
  const files = spillFilesOf(path);
  if (files.length === 0) return [];
  const text = "Records that could not be stored wait for the next wrap: " + files.join(", ");
  return [note(text)];
}

/** Opens a database that exists; of one that does not, tries the folder that it would be made in. */
export async function checkDatabase(path: string): Promise<Finding> {
  if (await exists(path)) {
    new InvocationReader(path)[Symbol.dispose]();
    return takeWriteLock(path);
  }
  let folder = dirname(path);
  while (!await exists(folder)) folder = dirname(folder);
  try {
    await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".agentgate-doctor-" }));
  } catch (fault) {
    return wrong(
      `DB path is not writable: ${path}: no file can be made in ${folder} (${reasonOf(fault)})`,
    );
  }
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
function takeWriteLock(path: string): Finding {
  const db = new DatabaseSync(path, { timeout: 1000 });
  try {
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
  } catch (error) {
    const isHeld = error instanceof Error && error.message.includes("locked");
    if (!isHeld) return wrong(`DB path is not writable: ${path}: ${reasonOf(error)}`);
  } finally {
    db.close();
  }
  return ok(`DB path is writable: ${path}`);
}

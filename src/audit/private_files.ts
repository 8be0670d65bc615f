/**
 * The files of the audit log are for their owner's eyes: they hold what agents and servers said.
 *
 * @module
 */

import { dirname } from "node:path";

/** Rights of the group and of others. */
const NOT_OWNER = 0o077;

/**
 * Creates the database's folder and its file where they are missing, and takes the rights of others
 * off the files: those of the original are readable by everyone. SQLite gives a write-ahead log the
 * rights of its database. A folder that is there already is left as it is.
 *
 * @throws when a file cannot be created. One that is another user's keeps its rights.
 */
export function createPrivately(path: string): void {
  makeFolder(dirname(path));
  Deno.openSync(path, { append: true, create: true, mode: 0o600 }).close();
  for (const file of databaseFiles(path)) makePrivate(file);
}

function makeFolder(folder: string): void {
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (fault) {
    if (!(fault instanceof Deno.errors.AlreadyExists)) throw fault;
    throw new Error(`${folder} is no folder`);
  }
}

/** Paths of the files of a database: beside the file that a symbolic link leads to. */
export function databaseFiles(path: string): string[] {
  const real = realPath(path);
  return ["", "-wal", "-shm"].map((end) => real + end);
}

/** The path without symbolic links, as far as there is something. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path;
  }
}

function makePrivate(path: string): void {
  try {
    const { mode } = Deno.statSync(path);
    if (mode !== null && (mode & NOT_OWNER) !== 0) Deno.chmodSync(path, mode & 0o700);
  } catch {
    // It is not there, or another user's: `agentgate doctor` says so.
  }
}

/**
 * Names of spill files: records that could not be stored before their gateway ended wait in one,
 * beside the database, until another start takes them in.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { gatewayId } from "./gateway_id.ts";
import { realPath } from "./private_files.ts";

/** Path of a new spill file of this process: `logs.db.spill-host-pid-1a2b3c4d`. */
export function newSpillPath(database: string): string {
  const unique = crypto.randomUUID().slice(0, 8);
  return `${realPath(database)}.spill-${gatewayId().replace("/", "-")}-${unique}`;
}

/** Paths of all spill files beside a database. */
export function spillFilesOf(database: string): string[] {
  const real = realPath(database), folder = dirname(real), start = `${basename(real)}.spill-`;
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.startsWith(start)).sort().map((name) => join(folder, name));
  } catch {
    return []; // there is no such folder, or it may not be looked into
  }
}

/** The gateway that wrote a spill file; null when its name does not tell. */
export function writerOfSpill(path: string): string | null {
  const match = /\.spill-(.+)-(\d+)-[0-9a-f]{8}$/.exec(path);
  return match === null ? null : `${match[1]}/${match[2]}`;
}

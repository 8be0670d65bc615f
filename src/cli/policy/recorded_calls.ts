/**
 * The log, for commands that decide its calls again.
 *
 * @module
 */

import { ReplayReader } from "../../audit/replay_reader.ts";
import { loadConfig } from "../../config/config.ts";
import { reasonOf, UsageError } from "../../errors.ts";
import type { GlobalOptions } from "../options.ts";

/**
 * Opens the log that the options name, or the config does.
 *
 * @throws {UsageError} when there is none, or it cannot be read: a mistake at the command line.
 */
export async function openRecordedCalls(
  { config, db }: GlobalOptions,
): Promise<{ readonly log: ReplayReader; readonly path: string }> {
  const { dbPath: path } = await loadConfig({ path: config, db, env: Deno.env.toObject() });
  try {
    return { log: new ReplayReader(path), path };
  } catch (fault) {
    throw new UsageError(reasonOf(fault));
  }
}

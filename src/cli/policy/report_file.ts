/**
 * Reports that commands about policies write beside what they print.
 *
 * @module
 */

import { reasonOf, UsageError } from "../../errors.ts";

/**
 * Writes one.
 *
 * @throws {UsageError} when that is not possible.
 */
export async function writeReport(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (fault) {
    throw new UsageError(`cannot write the report ${path}: ${reasonOf(fault)}`);
  }
}

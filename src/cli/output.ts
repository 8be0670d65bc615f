/**
 * Standard output, for what a person or a pipe reads.
 *
 * @module
 */

import { reasonOf, UsageError } from "../errors.ts";

/** Whoever read our standard output has left, as `head` does. Not a failure: there is no more to do. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/**
 * Writes a text as it is, and waits until it is gone.
 *
 * @throws {OutputClosed} when nobody reads it any more; {UsageError} when it cannot be written.
 */
export async function print(text: string): Promise<void> {
  try {
    let rest = new TextEncoder().encode(text);
    while (rest.length > 0) rest = rest.subarray(await Deno.stdout.write(rest));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
    throw new UsageError(`cannot write the output: ${reasonOf(error)}`, 1);
  }
}

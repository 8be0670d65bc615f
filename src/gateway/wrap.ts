/**
 * The composition root: runs one stdio server behind the gateway.
 *
 * @module
 */

import type { WrapOptions } from "./options.ts";

/**
 * Runs one stdio server behind the gateway.
 *
 * @returns the exit code: the server's own, 128 + n when signal n ended it, or 127 when its command
 *   cannot be started.
 * @throws {UsageError} for a policy that does not load, or an audit log that cannot be opened.
 */
export async function runWrap(options: WrapOptions): Promise<number> {
  if (options.transport === "native") {
    const { runOnRelay } = await import("./on_relay.ts");
    return await runOnRelay(options);
  }
  const { runHere } = await import("./here.ts");
  return await runHere(options);
}

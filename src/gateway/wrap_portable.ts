/**
 * What both wraps by the portable transport do alike, whichever server stands behind it.
 *
 * @module
 */

import type { LogFields } from "../log.ts";
import { PortableTransport } from "../transport/stdio/portable.ts";
import type { StdioServer } from "../transport/stdio/server_process.ts";
import type { LineOptions } from "./options.ts";
import { onSignals } from "./signals.ts";
import { WrapLine } from "./wrap_line.ts";

/**
 * Opens a line on this thread, and runs it.
 *
 * @param run Starts the server, and gives the exit code once it has ended.
 * @returns The exit code, when all is recorded.
 */
export async function wrapPortable(
  options: LineOptions,
  run: (line: WrapLine) => Promise<number>,
): Promise<number> {
  const line = await WrapLine.open(options);
  options.onOpen?.(() => Promise.resolve(line.gateway.readMeter()));
  // Held until all is recorded.
  using _signals = onSignals((signal) => line.stop(signal));
  return await line.closeAfter(run(line));
}

/**
 * Moves the bytes between our own stdin and stdout and a server, until it has ended.
 *
 * @param shown Words for the log of which server it is.
 */
export function runPortable(
  line: WrapLine,
  shown: LogFields,
  server: StdioServer,
): Promise<number> {
  line.gateway.policy?.watch();
  const agent = {
    read: (into: Uint8Array) => Deno.stdin.read(into),
    write: (bytes: Uint8Array) => Deno.stdout.write(bytes),
  };
  return line.run(shown, (given) => new PortableTransport({ ...given, agent, server }));
}

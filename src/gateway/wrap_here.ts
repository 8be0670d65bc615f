/**
 * A wrap whose line lives on this thread, by the portable transport.
 *
 * @module
 */

import { guardOrphans } from "../transport/orphan_guard.ts";
import { CannotStartError } from "../transport/process_group.ts";
import { PortableTransport } from "../transport/stdio/portable.ts";
import { ServerProcess } from "../transport/stdio/server_process.ts";
import { onSignals } from "./signals.ts";
import type { WrapOptions } from "./options.ts";
import { WrapLine } from "./wrap_line.ts";

/** Runs a wrap here; as `runWrap`. */
export async function wrapHere(options: WrapOptions): Promise<number> {
  const line = await WrapLine.open(options);
  const server = start(options.command);
  if (server instanceof CannotStartError) return await line.cannotStart(server.message);
  await using _guard = guardOrphans(server.pid);
  line.gateway.policy?.watch();
  using _signals = onSignals((signal) => line.stop(signal));
  const agent = {
    read: (into: Uint8Array) => Deno.stdin.read(into),
    write: (bytes: Uint8Array) => Deno.stdout.write(bytes),
  };
  return await line.run(
    server.pid,
    (given) => new PortableTransport({ ...given, agent, server }),
  );
}

function start(command: WrapOptions["command"]): ServerProcess | CannotStartError {
  try {
    return new ServerProcess(command);
  } catch (fault) {
    if (fault instanceof CannotStartError) return fault;
    throw fault;
  }
}

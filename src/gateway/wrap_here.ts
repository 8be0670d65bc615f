/**
 * A wrap whose line lives on this thread, by the portable transport.
 *
 * @module
 */

import { OrphanGuard } from "../transport/orphan_guard.ts";
import { CannotStartError } from "../transport/process_group.ts";
import { PortableTransport } from "../transport/stdio/portable.ts";
import { ServerProcess } from "../transport/stdio/server_process.ts";
import { onSignals } from "./signals.ts";
import type { WrapOptions } from "./options.ts";
import { WrapLine } from "./wrap_line.ts";

/** Runs a wrap here; as `runWrap`. */
export async function wrapHere(options: WrapOptions): Promise<number> {
  const line = await WrapLine.open(options);
  options.onOpen?.(() => Promise.resolve(line.gateway.readMeter()));
  // Held until all is recorded.
  using _signals = onSignals((signal) => line.stop(signal));
  return await line.closeAfter(run(line, options));
}

async function run(line: WrapLine, { command }: WrapOptions): Promise<number> {
  try {
    const server = new ServerProcess(command);
    const guard = new OrphanGuard(server.pid);
    line.gateway.policy?.watch();
    const agent = {
      read: (into: Uint8Array) => Deno.stdin.read(into),
      write: (bytes: Uint8Array) => Deno.stdout.write(bytes),
    };
    const code = await line.run(
      { pid: server.pid },
      (given) => new PortableTransport({ ...given, agent, server }),
    );
    await guard.release();
    return code;
  } catch (fault) {
    if (fault instanceof CannotStartError) return line.cannotStart(fault.message);
    throw fault;
  }
}

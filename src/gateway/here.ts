/**
 * A wrap on this thread, by the portable transport.
 *
 * @module
 */

import { PortableTransport } from "../transport/stdio/portable.ts";
import { CannotStartError } from "../transport/process_group.ts";
import { ServerProcess } from "../transport/stdio/server_process.ts";
import { Line } from "./line.ts";
import { EXIT_CANNOT_START, type WrapOptions } from "./options.ts";
import { onSignals } from "./signals.ts";
import { StopBudget } from "./stop_budget.ts";

/** Runs the line here until the session is over; as `runWrap`. */
export async function runHere(options: WrapOptions): Promise<number> {
  const line = await Line.open(options);
  const budget = new StopBudget();
  try {
    const server = new ServerProcess(options.command);
    const transport = new PortableTransport({
      ...line.transportOptions,
      agent: { read: (into) => Deno.stdin.read(into), write: (bytes) => Deno.stdout.write(bytes) },
      server,
    });
    line.begin(server.pid, () => transport.deliver());
    line.policy?.watch();
    using _signals = onSignals((signal) => {
      budget.start();
      transport.stop(signal);
    });
    return line.end(await transport.run());
  } catch (fault) {
    if (!(fault instanceof CannotStartError)) throw fault;
    line.log.error(fault.message);
    return EXIT_CANNOT_START;
  } finally {
    await line.close(budget.leftMs);
  }
}

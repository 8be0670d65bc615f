/**
 * A wrap whose line lives on this thread, by the portable transport.
 *
 * @module
 */

import { OrphanGuard } from "../transport/orphan_guard.ts";
import { CannotStartError } from "../transport/process_group.ts";
import { ServerProcess } from "../transport/stdio/server_process.ts";
import type { WrapOptions } from "./options.ts";
import type { WrapLine } from "./wrap_line.ts";
import { runPortable, wrapPortable } from "./wrap_portable.ts";

/** Runs a wrap here; as `runWrap`. */
export function wrapHere(options: WrapOptions): Promise<number> {
  return wrapPortable(options, (line) => run(line, options));
}

async function run(line: WrapLine, { command }: WrapOptions): Promise<number> {
  try {
    const server = new ServerProcess(command);
    const guard = new OrphanGuard(server.pid);
    const code = await runPortable(line, { pid: server.pid }, server);
    await guard.release();
    return code;
  } catch (fault) {
    if (fault instanceof CannotStartError) return line.cannotStart(fault.message);
    throw fault;
  }
}

/**
 * A wrap whose line lives on a thread of its own, by the native transport; here are the server's
 * process, the signals, and the policy's files.
 *
 * @module
 */

import { Libc } from "../transport/native/libc.ts";
import { RawServer } from "../transport/native/raw_server.ts";
import { OrphanGuard } from "../transport/orphan_guard.ts";
import { CannotStartError, signalGroup } from "../transport/process_group.ts";
import { giveWay } from "../thread.ts";
import { RelayThread } from "./relay_thread.ts";
import { openStoreHere } from "./shared_limits.ts";
import { onSignals } from "./signals.ts";
import type { WrapOptions } from "./options.ts";

/** Milliseconds after which starting is over, and its memory is given back. */
const TRIM_AFTER_MS = 1000;

/** Runs a wrap on a thread of its own; as `runWrap`. */
export async function wrapOnThread(options: WrapOptions): Promise<number> {
  const libc = Libc.open();
  // The relay's thread has no time for a connection.
  const store = await openStoreHere(
    options.config,
    options.log,
    (message) => relay.tell({ type: "store", message }),
  );
  const relay = new RelayThread(libc, options, (message) => store?.receive(message));
  const watcher = await watchPolicy(options, () => relay.tell({ type: "reload" }));
  let server: RawServer | undefined;
  let trim: ReturnType<typeof setTimeout> | undefined;
  try {
    await relay.opened;
    options.onOpen?.(() => relay.readMeter());
    server = RawServer.start(libc, options.command);
    relay.run(server);
    // Not before: the server would do likewise.
    giveWay("by_waking");
    const guard = new OrphanGuard(server.pid);
    trim = setTimeout(() => libc.trimMemory(), TRIM_AFTER_MS);
    server.exit.then((exit) => relay.tell({ type: "server_exited", exit }));
    using _signals = onSignals((signal) => relay.tell({ type: "stop", signal }));
    const code = await relay.ended;
    await guard.release();
    return code;
  } catch (fault) {
    if (server !== undefined) signalGroup(server.pid, "SIGKILL");
    if (!(fault instanceof CannotStartError)) throw fault;
    relay.tell({ type: "cannot_start", message: fault.message });
    return await relay.ended;
  } finally {
    clearTimeout(trim);
    watcher?.close();
    await store?.close();
    relay.close();
  }
}

/** Watches here: the relay's thread has no time for events. */
async function watchPolicy({ config }: WrapOptions, onChange: () => void) {
  if (config.policyPaths.length === 0) return undefined;
  const { FileWatcher } = await import("../policy/watcher.ts");
  return new FileWatcher(config.policyPaths, onChange);
}

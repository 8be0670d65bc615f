/**
 * Copying of the fleet's log, by one process of a machine.
 *
 * @module
 */

import { realPath } from "../../audit/private_files.ts";
import type { Log } from "../../log.ts";
import { OneThread } from "../log/one_thread.ts";
import type { CopySettings } from "./copier.ts";

/** The thread's module. */
const THREAD = new URL("./copy_thread.ts", import.meta.url);

/** One process's part in it, until it is disposed of. */
export class Copying extends OneThread {
  constructor(settings: CopySettings, log: Log) {
    super({
      ...{ module: THREAD, settings, log },
      lock: () => `${realPath(settings.path).replace(/\.db$/, "")}.lock`,
      fails: "the fleet's log is not copied to this machine",
    });
  }
}

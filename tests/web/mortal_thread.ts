/** The dashboard's thread, which dies when a file says so: by a fault that nobody catches. */

import { workerData } from "node:worker_threads";
import "../../src/web/dashboard_thread.ts";
import { hasToDie } from "./death.ts";

setInterval(() => {
  if (hasToDie(workerData.settings.dbPath)) throw new Error("a test has it die");
}, 10);

/** The dashboard's thread, which dies when a file says so: by a fault that nobody catches. */

import { threadData } from "../../src/thread.ts";
import type { PlaneSettings } from "../../src/web/plane_settings.ts";
import { hasToDie } from "./death.ts";

// Both hear of what the thread is started with: who waits for it stops nobody else.
const data = threadData<{ readonly settings: PlaneSettings }>();
await import("../../src/web/dashboard_thread.ts");
const { settings } = await data;

setInterval(() => {
  if (hasToDie(settings.dbPath)) throw new Error("a test has it die");
}, 10);

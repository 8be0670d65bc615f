/**
 * The dashboard's thread: serves until it is ended.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";
import { giveWay, threadData } from "../thread.ts";
import type { PlaneReport, PlaneSettings } from "./plane_settings.ts";
import { serveDashboard } from "./server.ts";

const { settings, port } = await threadData<{
  readonly settings: PlaneSettings;
  readonly port: MessagePort;
}>();
giveWay("to_others");
const report = (report: PlaneReport) => port.postMessage(report);

// What nobody has caught must not end a thread that others are served by.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  const fields = { reason: reasonOf(event.reason) };
  report({ type: "log", level: "warn", message: "the dashboard failed at something", fields });
});

try {
  const served = serveDashboard(settings, report);
  report({ type: "serving", port: served.port });
} catch (fault) {
  if (fault instanceof Deno.errors.AddrInUse) report({ type: "taken" });
  else report({ type: "failed", reason: reasonOf(fault) });
}

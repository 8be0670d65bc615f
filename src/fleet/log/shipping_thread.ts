/**
 * The thread that ships the log of a machine, until it is ended.
 *
 * @module
 */

import { threadData } from "../../thread.ts";
import { Shipper, type ShippingReport, type ShippingSettings } from "./shipper.ts";

const { settings, port } = await threadData<{
  readonly settings: ShippingSettings;
  readonly port: MessagePort;
}>();

// A connection that dies in between is noticed by the next one who uses it.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());

await new Shipper(settings, (report: ShippingReport) => port.postMessage(report)).run();

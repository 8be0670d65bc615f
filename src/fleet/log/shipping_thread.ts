/**
 * The thread that ships the log of a machine, until it is ended.
 *
 * @module
 */

import { giveWay, threadData } from "../../thread.ts";
import type { Line } from "./retrying.ts";
import { Shipper, type ShippingSettings } from "./shipper.ts";

const { settings, port } = await threadData<{
  readonly settings: ShippingSettings;
  readonly port: MessagePort;
}>();

giveWay("to_all");

// A connection that dies in between is noticed by the next one who uses it.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());

await new Shipper(settings, (line: Line) => port.postMessage(line)).run();

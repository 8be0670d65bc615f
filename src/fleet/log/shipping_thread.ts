/**
 * The thread that ships the log of a machine, until it is ended.
 *
 * @module
 */

import { constants, setPriority } from "node:os";
import { threadData } from "../../thread.ts";
import type { Line } from "./retrying.ts";
import { Shipper, type ShippingSettings } from "./shipper.ts";

const { settings, port } = await threadData<{
  readonly settings: ShippingSettings;
  readonly port: MessagePort;
}>();

// The line comes first. On Linux, 0 is this thread; elsewhere it would be the whole process.
if (Deno.build.os === "linux") setPriority(0, constants.priority.PRIORITY_LOW);

// A connection that dies in between is noticed by the next one who uses it.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());

await new Shipper(settings, (line: Line) => port.postMessage(line)).run();

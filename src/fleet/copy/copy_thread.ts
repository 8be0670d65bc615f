/**
 * The thread that copies the fleet's log to this machine, until it is ended.
 *
 * @module
 */

import { threadData } from "../../thread.ts";
import type { Line } from "../log/retrying.ts";
import { Copier, type CopySettings } from "./copier.ts";

const { settings, port } = await threadData<{
  readonly settings: CopySettings;
  readonly port: MessagePort;
}>();

// A connection that dies in between is noticed by the next one who uses it.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());

await new Copier(settings, (line: Line) => port.postMessage(line)).run();

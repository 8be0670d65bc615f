/**
 * The switches of Deno's built-in OpenTelemetry: they are in the environment alone, and read before any
 * of our code runs.
 *
 * @module
 */

import { exportsSpans, TELEMETRY_SWITCHES } from "../config/telemetry.ts";

let isOn: boolean | undefined;

/** Whether this process exports telemetry. */
export function exportsTelemetry(): boolean {
  return isOn ??= exportsSpans(Deno.env.toObject());
}

/**
 * Takes our switches out of the environment that the wrapped server inherits: one that runs on Deno
 * would export, too, as if it were us.
 */
export function keepSwitchesToOurselves(): void {
  exportsTelemetry();
  for (const name of TELEMETRY_SWITCHES) Deno.env.delete(name);
}

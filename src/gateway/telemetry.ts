/**
 * The switches of Deno's built-in OpenTelemetry: they are in the environment alone, and read before any
 * of our code runs.
 *
 * @module
 */

/** Switches that would have a server that runs on Deno export, too, as if it were us. */
const OURS: readonly string[] = Object.freeze([
  "OTEL_DENO",
  "OTEL_DENO_TRACING",
  "OTEL_DENO_METRICS",
]);

let isOn: boolean | undefined;

/** Whether this process exports telemetry. */
export function exportsTelemetry(): boolean {
  return isOn ??= Deno.env.get("OTEL_DENO") === "true" || Deno.env.get("OTEL_DENO") === "1";
}

/** Takes our switches out of the environment that the wrapped server inherits. */
export function keepSwitchesToOurselves(): void {
  exportsTelemetry();
  for (const name of OURS) Deno.env.delete(name);
}

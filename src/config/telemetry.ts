/**
 * What the environment says of telemetry: the switches of Deno's own OpenTelemetry, which are read
 * before any of our code runs, and where a collector is.
 *
 * @module
 */

import type { Environment } from "./home.ts";

/** Where a collector is when nothing says so (OTLP over HTTP). */
const DEFAULT_BASE = "http://localhost:4318";

/** The switches: names that only Deno reads. */
export const TELEMETRY_SWITCHES: readonly string[] = Object.freeze([
  "OTEL_DENO",
  "OTEL_DENO_TRACING",
  "OTEL_DENO_METRICS",
  "OTEL_DENO_CONSOLE",
]);

/** Whether spans are exported by a process with this environment. */
export function exportsSpans(env: Environment): boolean {
  if (switchOf(env.OTEL_SDK_DISABLED) === true) return false;
  return switchOf(env.OTEL_DENO_TRACING) ?? switchOf(env.OTEL_DENO) ?? false;
}

/** The address for one kind of telemetry, and whether the environment names it. */
export function collectorOf(
  env: Environment,
  signal: "traces" | "logs",
): { readonly endpoint: string; readonly isNamed: boolean } {
  const own = env[`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`];
  if (own) return { endpoint: own, isNamed: true };
  const base = env.OTEL_EXPORTER_OTLP_ENDPOINT || DEFAULT_BASE;
  const endpoint = `${base.replace(/\/$/, "")}/v1/${signal}`;
  return { endpoint, isNamed: Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT) };
}

/** As Deno reads it: undefined for what it takes for no switch, `1` included. */
export function switchOf(word: string | undefined): boolean | undefined {
  const lower = word?.toLowerCase();
  return lower === "true" ? true : lower === "false" ? false : undefined;
}

/**
 * Checks whether telemetry is on, where it goes, and whether it is half set.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Environment } from "../../config/home.ts";
import { collectorOf, exportsSpans, switchOf } from "../../config/telemetry.ts";
import { type Finding, note, ok } from "./finding.ts";

/** Looks at the environment of this process: that of a gateway may be another. */
export function checkTelemetry(
  { telemetry, dashboardPort }: Config,
  env: Environment,
): Finding[] {
  return [
    ...exportsSpans(env) ? spanFindings(env) : [offFinding(env, telemetry.otlpLogs)],
    ...telemetry.otlpLogs ? [recordFinding(env, dashboardPort)] : [],
  ];
}

function spanFindings(env: Environment): Finding[] {
  const { endpoint, isNamed } = collectorOf(env, "traces");
  const text = `Telemetry is on: a span for each call, to ${shown(endpoint)}`;
  return [
    isNamed ? ok(text) : note(`${text}, since OTEL_EXPORTER_OTLP_ENDPOINT is not set`),
    ...env.OTEL_DENO_CONSOLE === "ignore" ? [] : [note(
      "Telemetry exports what is printed, too: set OTEL_DENO_CONSOLE=ignore beside OTEL_DENO",
    )],
  ];
}

function offFinding(env: Environment, sendsRecords: boolean): Finding {
  const { OTEL_DENO: word } = env;
  if (switchOf(env.OTEL_SDK_DISABLED) === true) {
    return note("Telemetry is off: OTEL_SDK_DISABLED says so");
  }
  if (word !== undefined && switchOf(word) === undefined) {
    return note(
      `Telemetry is half set: OTEL_DENO is ${JSON.stringify(word)}, and only "true" counts`,
    );
  }
  if (switchOf(word) === true) return note("Telemetry is half set: OTEL_DENO_TRACING is off");
  const { endpoint, isNamed } = collectorOf(env, "traces");
  if (isNamed && !sendsRecords) {
    return note(
      `Telemetry is half set: it would go to ${shown(endpoint)}, but OTEL_DENO=true is missing`,
    );
  }
  return note("Telemetry is off: OTEL_DENO=true in a gateway's environment exports spans");
}

function recordFinding(env: Environment, dashboardPort: number): Finding {
  const { endpoint, isNamed } = collectorOf(env, "logs");
  if (dashboardPort === 0) {
    return note(
      "Telemetry is half set: [telemetry] otlp_logs is on, but whoever serves the dashboard sends " +
        "the records, and dashboard_port is 0",
    );
  }
  const text = `Every record goes to ${shown(endpoint)}`;
  return isNamed ? ok(text) : note(`${text}, since OTEL_EXPORTER_OTLP_ENDPOINT is not set`);
}

/** An address without what may be secret in it. */
function shown(endpoint: string): string {
  const url = URL.parse(endpoint);
  return url === null
    ? `${JSON.stringify(endpoint)}, which is no address`
    : url.origin + url.pathname;
}

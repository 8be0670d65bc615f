/**
 * What the dashboard's thread is started with, and what it says.
 *
 * @module
 */

import type { ScanLimits } from "../patterns/scan_budget.ts";
import type { Config } from "../config/config.ts";
import type { SettingInForce } from "../config/in_force.ts";
import { collectorOf } from "../config/telemetry.ts";
import type { LogFields, LogLevel } from "../log.ts";

/** Plain data: it is posted to the thread. */
export interface PlaneSettings {
  /** Port on this machine; 0 for any that is free. */
  readonly port: number;
  /** The key that signs in. */
  readonly key: string;
  /** The audit log. */
  readonly dbPath: string;
  /** The policy files of the gateway that serves; empty when it has none. */
  readonly policyPaths: readonly string[];
  /** Milliseconds that one message may be searched for secrets. */
  readonly scan: ScanLimits;
  /** `[policy] resolve_paths`. */
  readonly resolvePaths: boolean;
  /** Where records are sent, and with which headers; null for nowhere. */
  readonly otlp: OtlpTarget | null;
  /** Whether records are shipped to a fleet's PostgreSQL. */
  readonly isShipped: boolean;
  /** Name of what is behind the gateway that serves; null for `agentgate dashboard`. */
  readonly serverName: string | null;
  /** The configuration of the gateway that serves. */
  readonly config: ShownConfig;
}

/** A configuration as it is shown. */
export interface ShownConfig {
  /** The file; null when there is none. */
  readonly file: string | null;
  readonly settings: readonly SettingInForce[];
}

/** Nothing is configured: for a dashboard without a gateway. */
export const NO_CONFIG: ShownConfig = Object.freeze({ file: null, settings: [] });

/** A collector. */
export interface OtlpTarget {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** From the dashboard's thread. */
export type PlaneReport =
  | { readonly type: "serving"; readonly port: number }
  /** Somebody else has the port. Nothing follows. */
  | { readonly type: "taken" }
  /** Nothing follows. */
  | { readonly type: "failed"; readonly reason: string }
  | {
    readonly type: "log";
    readonly level: LogLevel;
    readonly message: string;
    readonly fields: LogFields;
  };

/** Address of a dashboard. */
export function addressOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** A link that signs in by itself: the fragment of an address is sent to nobody. */
export function linkOf(port: number, key: string): string {
  return `${addressOf(port)}/#key=${encodeURIComponent(key)}`;
}

/** What a dashboard needs of a configuration. */
export function planeSettings(
  { dashboardPort, dbPath, policyPaths, policy, telemetry, fleet, file, inForce }: Config,
  key: string,
  serverName: string | null,
  env: Readonly<Record<string, string | undefined>>,
): PlaneSettings {
  const { maxScanWork, maxScanMs, resolvePaths } = policy;
  return {
    ...{ port: dashboardPort, key, dbPath, policyPaths, serverName },
    config: { file, settings: inForce },
    ...{ scan: { maxScanWork, maxScanMs }, resolvePaths },
    otlp: telemetry.otlpLogs ? otlpTarget(env) : null,
    isShipped: fleet.postgres !== undefined,
  };
}

/** The collector that the environment names, by OpenTelemetry's own variables. */
function otlpTarget(env: Readonly<Record<string, string | undefined>>): OtlpTarget {
  const headers = env.OTEL_EXPORTER_OTLP_LOGS_HEADERS ?? env.OTEL_EXPORTER_OTLP_HEADERS ?? "";
  return {
    endpoint: collectorOf(env, "logs").endpoint,
    headers: Object.fromEntries(
      headers.split(",").map((pair) => pair.split(/=(.*)/s)).filter(([name]) => name?.trim())
        .map(([name, value = ""]) => [name!.trim(), decodeURIComponent(value.trim())]),
    ),
  };
}

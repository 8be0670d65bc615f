/**
 * The dashboard as a server on the loopback address.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";
import { gatewayId } from "../audit/gateway_id.ts";
import { dashboardApp } from "./app.ts";
import { Explainer } from "./explainer.ts";
import { LiveFeed } from "./live_feed.ts";
import { withSockets } from "./live_socket.ts";
import { LogSource } from "./log_source.ts";
import { StatsKeeper } from "./stats_keeper.ts";
import { OtlpLogs } from "./otlp_logs.ts";
import { Gateways } from "./gateways.ts";
import type { PlaneReport, PlaneSettings } from "./plane_settings.ts";
import { SignIn } from "./sign_in.ts";

/** A dashboard that is served. */
export interface Served extends AsyncDisposable {
  readonly port: number;
  /** Resolves when it is served no more. */
  readonly finished: Promise<void>;
}

/**
 * Serves the dashboard.
 *
 * @throws {Deno.errors.AddrInUse} when somebody else has the port.
 */
export function serveDashboard(
  settings: PlaneSettings,
  report: (report: PlaneReport) => void,
): Served {
  const gateways = new Gateways({
    gateway: gatewayId(),
    server: settings.serverName,
    serves: true,
    since: new Date().toISOString(),
  });
  const log = new LogSource(settings.dbPath), stats = new StatsKeeper(log);
  const explainer = new Explainer(settings.policyPaths, settings.scan, settings);
  const signIn = new SignIn(settings.key);
  const onFault = (fault: unknown) => {
    const fields = { reason: reasonOf(fault) };
    report({ type: "log", level: "warn", message: "the dashboard failed at a request", fields });
  };
  const app = dashboardApp({ settings, signIn, gateways, log, stats, explainer, onFault });
  const feed = new LiveFeed(log), fetch = withSockets(app, feed);
  const onError = () => new Response("Internal Server Error", { status: 500 });
  const listening = { onListen: () => {}, onError };
  const server = Deno.serve(
    { ...listening, hostname: "127.0.0.1", port: settings.port },
    fetch,
  );
  const { port } = server.addr;
  stats.start();
  const otlp = settings.otlp === null ? undefined : new OtlpLogs(log, settings.otlp, report);
  const second = serveOnIpv6(
    port,
    report,
    (address) => Deno.serve({ ...listening, ...address }, fetch),
  );
  return {
    port,
    finished: server.finished,
    async [Symbol.asyncDispose]() {
      otlp?.[Symbol.dispose]();
      feed[Symbol.dispose]();
      await Promise.all([server.shutdown(), second?.shutdown()]);
      stats[Symbol.dispose]();
      log[Symbol.dispose]();
    },
  };
}

/** `localhost` means `::1` to some programs: where there is that, the dashboard is there, too. */
function serveOnIpv6<T>(
  port: number,
  report: (report: PlaneReport) => void,
  serve: (address: { hostname: string; port: number }) => T,
): T | undefined {
  try {
    return serve({ hostname: "::1", port });
  } catch (fault) {
    if (!(fault instanceof Deno.errors.AddrInUse)) return undefined;
    const message = "localhost leads to another program on ::1; use 127.0.0.1 for the dashboard";
    report({ type: "log", level: "warn", message, fields: { port } });
    return undefined;
  }
}

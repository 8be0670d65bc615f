/**
 * `agentgate dashboard`: tells how to open the dashboard that a gateway serves, or serves it.
 *
 * @module
 */

import { type Config, loadConfig } from "../config/config.ts";
import { agentgateHome, type Environment } from "../config/home.ts";
import { CONFIG_RANGES } from "../config/settings.ts";
import { UsageError } from "../errors.ts";
import { createLog, type Log } from "../log.ts";
import { attend } from "../web/attend.ts";
import { dashboardKey } from "../web/dashboard_key.ts";
import { linkOf, type PlaneReport, planeSettings } from "../web/plane_settings.ts";
import type { FleetDashboard } from "./fleet/dashboard.ts";
import { type GlobalOptions, portOf } from "./options.ts";
import { print } from "./output.ts";

/** The options of `dashboard`, as typed. */
export interface DashboardOptions extends GlobalOptions {
  readonly port?: string;
  readonly fleet?: true;
  readonly print?: true;
  readonly open?: true;
}

/**
 * Prints the link of the dashboard; when no gateway serves it, serves it until interrupted.
 *
 * @returns The exit code.
 * @throws {UsageError} when another program has the port, or there is none.
 */
export async function dashboard(options: DashboardOptions): Promise<number> {
  const env = Deno.env.toObject(), isFleet = options.fleet === true;
  const asked = portOf("--port", options.port, CONFIG_RANGES.port);
  const own = await loadConfig({
    path: options.config,
    db: options.db,
    dashboardPort: isFleet ? undefined : asked,
    env,
  });
  const fleet = isFleet ? await fleetDashboard(own, asked, options, env) : undefined;
  const config = fleet?.config ?? own, { dashboardPort: port, dbPath } = config;
  if (port === 0) {
    throw new UsageError("dashboard_port = 0 switches it off; give a port: --port 7070");
  }
  const key = await dashboardKey(config, agentgateHome(env));
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  const { serveDashboard } = await import("../web/server.ts");
  const report = (report: PlaneReport) => {
    if (report.type === "log") log[report.level](report.message, report.fields);
  };
  try {
    await using served = serveDashboard(planeSettings(config, key, null, env), report);
    if (!options.print) await fleet?.start(log);
    await tell(linkOf(served.port, key), options);
    if (options.print) {
      console.error("note: nobody serves it now; without --print, this command does");
      return 0;
    }
    await startShipping(config, log);
    await interrupted();
    Deno.exit(0); // who watches the feed would keep it open
  } catch (fault) {
    if (!(fault instanceof Deno.errors.AddrInUse)) throw fault;
    await checkServed(port, key, dbPath, isFleet);
    await tell(linkOf(port, key), options);
  }
  return 0;
}

/** The dashboard over the log of all machines; nothing of it is loaded for any other. */
async function fleetDashboard(
  config: Config,
  port: number | undefined,
  options: DashboardOptions,
  env: Environment,
): Promise<FleetDashboard> {
  const { fleetDashboardOf } = await import("./fleet/dashboard.ts");
  return fleetDashboardOf(config, { port, db: options.db }, env);
}

/** Ships the log as well, unless a gateway does; until the process ends. */
async function startShipping(config: Config, log: Log): Promise<void> {
  if (config.fleet.postgres === undefined) return;
  const { shipLogOf } = await import("../fleet/log/shipping.ts");
  shipLogOf(config, log);
}

/** @throws {UsageError} when what is on the port is no dashboard that this key opens. */
async function checkServed(
  port: number,
  key: string,
  dbPath: string,
  isFleet: boolean,
): Promise<void> {
  const asked = new AbortController();
  let isServed = false, isOther = false;
  const gateway = "dashboard", serverName = null;
  const onServed = (isSameLog: boolean) => {
    isServed = true;
    isOther = !isSameLog;
    if (isOther && !isFleet) console.error("note: it shows another audit log");
    asked.abort();
  };
  const found = await attend({
    port,
    key,
    dbPath,
    serverName,
    gateway,
    signal: asked.signal,
    onServed,
  });
  if (found === "other_key") {
    throw new UsageError(
      `the dashboard on port ${port} has another key than this configuration`,
      1,
    );
  }
  if (isOther && isFleet) {
    throw new UsageError(`port ${port} shows another audit log; choose another port: --port`, 1);
  }
  if (isServed) return;
  throw new UsageError(`another program has port ${port}; choose another: --port`, 1);
}

async function tell(link: string, { open }: DashboardOptions): Promise<void> {
  await print(`${link}\n`);
  if (!open) return;
  const [program, ...words] = openerOf(Deno.build.os);
  const opener = new Deno.Command(program, {
    args: [...words, link],
    stdout: "null",
    stderr: "null",
  });
  const { success } = await opener.output().catch(() => ({ success: false }));
  if (!success) console.error("note: no browser could be started; follow the link");
}

function openerOf(os: typeof Deno.build.os): readonly [string, ...string[]] {
  if (os === "darwin") return ["open"];
  return os === "windows" ? ["rundll32", "url.dll,FileProtocolHandler"] : ["xdg-open"];
}

function interrupted(): Promise<void> {
  return new Promise((done) => Deno.addSignalListener("SIGINT", () => done()));
}

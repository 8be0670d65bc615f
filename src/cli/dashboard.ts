/**
 * `agentgate dashboard`: tells how to open the dashboard that a gateway serves, or serves it.
 *
 * @module
 */

import { type Config, loadConfig } from "../config/config.ts";
import { agentgateHome } from "../config/home.ts";
import { CONFIG_RANGES } from "../config/settings.ts";
import { UsageError } from "../errors.ts";
import { createLog, type Log } from "../log.ts";
import { attend } from "../web/attend.ts";
import { dashboardKey } from "../web/dashboard_key.ts";
import { linkOf, type PlaneReport, planeSettings } from "../web/plane_settings.ts";
import { type GlobalOptions, portOf } from "./options.ts";
import { print } from "./output.ts";

/** The options of `dashboard`, as typed. */
export interface DashboardOptions extends GlobalOptions {
  readonly port?: string;
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
  const env = Deno.env.toObject();
  const config = await loadConfig({
    path: options.config,
    db: options.db,
    dashboardPort: portOf("--port", options.port, CONFIG_RANGES.port),
    env,
  });
  const { dashboardPort: port, dbPath } = config;
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
    await tell(linkOf(served.port, key), options);
    if (options.print) {
      console.error("note: no gateway serves it now; without --print, this command does");
      return 0;
    }
    await startShipping(config, log);
    await interrupted();
    Deno.exit(0); // who watches the feed would keep it open
  } catch (fault) {
    if (!(fault instanceof Deno.errors.AddrInUse)) throw fault;
    await checkServed(port, key, dbPath);
    await tell(linkOf(port, key), options);
  }
  return 0;
}

/** Ships the log as well, unless a gateway does; until the process ends. */
async function startShipping(config: Config, log: Log): Promise<void> {
  if (config.fleet.postgres === undefined) return;
  const { shipLogOf } = await import("../fleet/log/shipping.ts");
  shipLogOf(config, log);
}

/** @throws {UsageError} when what is on the port is no dashboard that this key opens. */
async function checkServed(port: number, key: string, dbPath: string): Promise<void> {
  const asked = new AbortController();
  let isServed = false;
  const gateway = "dashboard", serverName = null;
  const onServed = (isSameLog: boolean) => {
    isServed = true;
    if (!isSameLog) console.error("note: it shows another audit log");
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

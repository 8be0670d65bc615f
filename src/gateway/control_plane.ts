/**
 * The control plane of a gateway: what can wait until its line has answered something.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { agentgateHome } from "../config/home.ts";
import { reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";
import type { MeteredCall, MeteredState } from "../taps/call_meter.ts";
import type { ProcessMetrics } from "../web/process_metrics.ts";

/** Milliseconds between the first answer and the loading of anything. */
const AFTER_ANSWER_MS = 50;

/** What the control plane wants to hear of a gateway; see `GatewayOptions`. */
export interface ControlPlaneHooks {
  readonly onFirstAnswer: () => void;
  readonly onOpen: (readMeter: () => Promise<MeteredState>) => void;
  readonly onMetered: ((calls: readonly MeteredCall[]) => void) | undefined;
}

/** Options of a {@link ControlPlane}. */
export interface ControlPlaneOptions {
  readonly config: Config;
  readonly log: Log;
  /** Name of the server or servers behind this gateway. */
  readonly serverName: string;
  /** Whether this gateway tells its metrics on a port that it has anyway. */
  readonly hasOwnPort?: boolean;
}

/**
 * Serves the dashboard of all gateways of the machine, or waits until whoever does is gone. Nothing of
 * it is loaded before {@link start}; what goes wrong in it costs a line on stderr.
 */
export class ControlPlane implements Disposable {
  readonly #options: ControlPlaneOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #election: Disposable | undefined;
  #metrics: ProcessMetrics | undefined;
  #metricsPort: Disposable | undefined;
  #loadingMetrics: Promise<void> | undefined;
  #shipping: Disposable | undefined;
  readonly #isMetered: boolean;
  #readMeter: (() => Promise<MeteredState>) | undefined;
  /** Calls that have ended before the metrics were there; null when they will not be. */
  #early: MeteredCall[] | null = [];
  #isClosed = false;
  /** To be given to the gateway. */
  readonly hooks: ControlPlaneHooks;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
    this.#isMetered = options.hasOwnPort === true || options.config.metricsPort !== undefined;
    this.hooks = {
      onFirstAnswer: () => this.start(),
      onOpen: (readMeter) => this.#readMeter = readMeter,
      onMetered: !this.#isMetered ? undefined : (calls) => {
        if (this.#metrics === undefined) this.#early?.push(...calls);
        else this.#metrics.add(calls);
      },
    };
  }

  /** The line has answered its first message. */
  start(): void {
    this.#timer ??= setTimeout(() => {
      if (this.#options.config.dashboardPort !== 0) void this.#startDashboard();
      if (this.#isMetered) this.#loadingMetrics = this.#startMetrics();
      if (this.#options.config.fleet.postgres !== undefined) void this.#startShipping();
    }, AFTER_ANSWER_MS);
  }

  /** Answers a request for `/metrics`. */
  async answerMetrics(): Promise<Response> {
    await this.#loadingMetrics;
    return await this.#metrics?.answer() ?? new Response("not yet\n", { status: 503 });
  }

  /** Ends what was started. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#election?.[Symbol.dispose]();
    this.#metricsPort?.[Symbol.dispose]();
    this.#shipping?.[Symbol.dispose]();
  }

  async #startMetrics(): Promise<void> {
    const { log, config: { metricsPort: port } } = this.#options;
    try {
      const { ProcessMetrics } = await import("../web/process_metrics.ts");
      this.#metrics = new ProcessMetrics(() => this.#readMeter!());
      this.#metrics.add(this.#early ?? []);
      if (port === undefined) return;
      const { MetricsPort } = await import("../web/metrics_port.ts");
      if (this.#isClosed) return;
      const served = this.#metricsPort = new MetricsPort({ port, metrics: this.#metrics });
      log.info("metrics", { address: `http://127.0.0.1:${served.port}/metrics` });
    } catch (fault) {
      log.warn("there are no metrics", { port: port ?? null, reason: reasonOf(fault) });
    } finally {
      this.#early = null;
    }
  }

  async #startDashboard(): Promise<void> {
    const { config, log, serverName } = this.#options;
    try {
      const [{ PortElection }, { dashboardKey }, { planeSettings }] = await Promise.all([
        import("../web/port_election.ts"),
        import("../web/dashboard_key.ts"),
        import("../web/plane_settings.ts"),
      ]);
      const env = Deno.env.toObject(), key = await dashboardKey(config, agentgateHome(env));
      if (this.#isClosed) return;
      const settings = planeSettings(config, key, serverName, env);
      this.#election = new PortElection(settings, log);
    } catch (fault) {
      log.warn("there is no dashboard", { reason: reasonOf(fault) });
    }
  }

  async #startShipping(): Promise<void> {
    const { config, log } = this.#options;
    try {
      const { shipLogOf } = await import("../fleet/log/shipping.ts");
      if (!this.#isClosed) this.#shipping = shipLogOf(config, log);
    } catch (fault) {
      log.warn("records are not shipped to the fleet's PostgreSQL", { reason: reasonOf(fault) });
    }
  }
}

/**
 * The control plane of a gateway: what can wait until its line has answered something.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { agentgateHome } from "../config/home.ts";
import { reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";

/** Milliseconds between the first answer and the loading of anything. */
const AFTER_ANSWER_MS = 50;

/** Options of a {@link ControlPlane}. */
export interface ControlPlaneOptions {
  readonly config: Config;
  readonly log: Log;
  /** Name of the server or servers behind this gateway. */
  readonly serverName: string;
}

/**
 * Serves the dashboard of all gateways of the machine, or waits until whoever does is gone. Nothing of
 * it is loaded before {@link start}; what goes wrong in it costs a line on stderr.
 */
export class ControlPlane implements Disposable {
  readonly #options: ControlPlaneOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #election: Disposable | undefined;
  #isClosed = false;

  constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  /** The line has answered its first message. */
  start(): void {
    if (this.#options.config.dashboardPort === 0) return;
    this.#timer ??= setTimeout(() => void this.#start(), AFTER_ANSWER_MS);
  }

  /** Ends what was started. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#election?.[Symbol.dispose]();
  }

  async #start(): Promise<void> {
    const { config, log, serverName } = this.#options;
    try {
      const [{ PortElection }, { dashboardKey }] = await Promise.all([
        import("../web/port_election.ts"),
        import("../web/dashboard_key.ts"),
      ]);
      const { dbPath, policyPaths } = config, port = config.dashboardPort;
      const key = await dashboardKey(config, agentgateHome(Deno.env.toObject()));
      if (this.#isClosed) return;
      const settings = {
        port,
        key,
        dbPath,
        policyPaths,
        serverName,
        maxScanMs: config.policy.maxScanMs,
      };
      this.#election = new PortElection(settings, log);
    } catch (fault) {
      log.warn("there is no dashboard", { reason: reasonOf(fault) });
    }
  }
}

/**
 * The one line of a wrap: a gateway with one connection, and a transport that moves its bytes, from
 * the server's start to the exit code. It lives on one thread, whichever the transport needs.
 *
 * @module
 */

import type { LogFields } from "../log.ts";
import type { Ending, Transport, TransportOptions } from "../transport/transport.ts";
import type { Connection } from "./connection.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { StopBudget } from "./stop_budget.ts";

/** Exit code for a command that cannot be started, as shells have it. */
const EXIT_CANNOT_START = 127;

/** Runs once. */
export class WrapLine {
  readonly gateway: Gateway;
  readonly #connection: Connection;
  readonly #budget = new StopBudget();
  #transport: Transport | undefined;

  private constructor(gateway: Gateway) {
    this.gateway = gateway;
    this.#connection = gateway.connect({
      sessionId: crypto.randomUUID(),
      tellAgent: (json) => this.#transport?.tellAgent(json),
    });
  }

  /**
   * Loads the policy and opens the audit log. Close the line, or its thread does not end.
   *
   * @throws {AuditError} when the audit log cannot be opened; {FileError} for a policy that does not load.
   */
  static async open(options: GatewayOptions): Promise<WrapLine> {
    return new WrapLine(await Gateway.open(options));
  }

  /**
   * Runs the line until the server has ended.
   *
   * @param server Words for the log of which server it is.
   * @param connect Makes the transport.
   * @returns The exit code: the server's own, or 1 where that is 0 and something was lost.
   * @throws what went wrong inside; then the server was stopped.
   */
  async run(server: LogFields, connect: (options: TransportOptions) => Transport): Promise<number> {
    const { gateway } = this, { audit, context, config, log, serverName } = gateway;
    const { session } = this.#connection;
    const beforeRead = () => audit.pressure();
    const transport = this.#transport = connect({ session, context, beforeRead });
    const policy = gateway.policy?.inForce;
    log.info(`wrapping ${serverName}`, {
      ...server,
      audit: config.dbPath,
      policy: policy?.name ?? "none",
      ...(policy === undefined ? {} : { rules: policy.rules.length }),
    });
    return this.#summarise(await transport.run());
  }

  /** Says why there is no server. Gives the exit code. */
  cannotStart(reason: string): number {
    this.gateway.log.error(reason);
    return EXIT_CANNOT_START;
  }

  /** Passes a signal on to the server, which ends the line one way or the other. */
  stop(signal: Deno.Signal): void {
    this.#budget.start();
    this.#transport?.stop(signal);
  }

  /**
   * Waits until the line has ended, however; closes the session and records what is left.
   *
   * @returns The exit code, which tells when a record that has to be kept is not in the log.
   */
  async closeAfter(ended: Promise<number>): Promise<number> {
    let isComplete = false, code: number;
    try {
      code = await ended;
    } finally {
      this.#connection.close();
      isComplete = await this.gateway.close(this.#budget.leftMs);
    }
    return isComplete ? code : code || 1;
  }

  /** Says how it ended. Gives the exit code. */
  #summarise(ending: Ending): number {
    const { diagnostics, log, serverName } = this.gateway;
    diagnostics.summarise();
    const { calls, denied, rateLimited, refused } = diagnostics;
    log.info(`${serverName} ended`, {
      exit: ending.detail,
      calls,
      denied,
      rate_limited: rateLimited,
      refused,
    });
    if (ending.undelivered === 0) return ending.code;
    log.warn("the agent did not take all that the server said", { bytes: ending.undelivered });
    return ending.code || 1;
  }
}

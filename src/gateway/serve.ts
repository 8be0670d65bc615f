/**
 * Serves a remote server behind the gateway: the door for `agentgate serve`.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { BodyBudget } from "../transport/http/body.ts";
import { Conversations } from "../transport/http/conversations.ts";
import { DeadlineTimer } from "../transport/http/deadline_timer.ts";
import { Departures } from "../transport/http/departures.ts";
import { Doors } from "../transport/http/doors.ts";
import type { HeaderList } from "../transport/http/headers.ts";
import { house } from "../transport/http/house.ts";
import { HttpServer } from "../transport/http/http_server.ts";
import { LegacySse } from "../transport/http/legacy_sse.ts";
import { StreamableHttp } from "../transport/http/streamable.ts";
import { StreamGarbage } from "../transport/http/stream_garbage.ts";
import { Target } from "../transport/http/target.ts";
import { osReason, UsageError } from "../errors.ts";
import { openUpstream } from "../transport/upstream/open.ts";
import type { Upstream } from "../transport/upstream/upstream.ts";
import type { ConnectionOptions } from "./connection.ts";
import { ControlPlane } from "./control_plane.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { onSignals } from "./signals.ts";
import { exportsTelemetry } from "./telemetry.ts";

/** Milliseconds that calls in flight have when the gateway is asked to end. */
const DRAIN_MS = 10_000;

/** Options of {@link runServe}. */
export interface ServeOptions extends GatewayOptions {
  readonly transport: "http" | "sse";
  /** Address of the upstream. */
  readonly upstream: string;
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Headers that replace the agent's, names in lower case. */
  readonly headers: HeaderList;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** A certificate and its key, PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Certificates (PEM) to trust for the upstream, beside the system's. */
  readonly ca?: readonly string[];
  readonly hasProxy: boolean;
  /** Answers requests for `/metrics`. */
  readonly metrics?: () => Promise<Response>;
}

/**
 * Serves until a signal ends it.
 *
 * @returns The exit code: 0, or 1 when records are lost.
 * @throws {UsageError} for a policy that does not load, or a port that cannot be opened.
 */
export async function runServe(options: ServeOptions): Promise<number> {
  const stopped = Promise.withResolvers<void>();
  using _signals = onSignals(() => stopped.resolve());
  using plane = new ControlPlane({ ...options, hasOwnPort: true });
  const served = await HttpGateway.open({
    ...options,
    ...plane.hooks,
    exportsTelemetry: exportsTelemetry(),
    agentTransport: "http",
    metrics: () => plane.answerMetrics(),
  });
  plane.hooks.onOpen(() => Promise.resolve(served.gateway.readMeter()));
  // Whoever opens a gateway that only serves looks at its dashboard before there was a call.
  plane.start();
  await stopped.promise;
  await served.leave();
  return await served.close(DRAIN_MS) ? 0 : 1;
}

/** A gateway that listens on a port, with one upstream behind it. */
export class HttpGateway {
  readonly gateway: Gateway;
  /** Address of the endpoint that agents connect to. */
  readonly url: string;
  readonly #server: HttpServer;
  readonly #closeRest: () => Promise<void>;

  private constructor(
    gateway: Gateway,
    server: HttpServer,
    path: string,
    closeRest: () => Promise<void>,
  ) {
    this.gateway = gateway;
    this.url = server.origin + path;
    this.#server = server;
    this.#closeRest = closeRest;
  }

  /**
   * Loads the policy, opens the audit log and listens. Close it, or the process does not end.
   *
   * @throws {UsageError} for a policy that does not load, or a port that cannot be opened.
   */
  static async open(options: ServeOptions): Promise<HttpGateway> {
    const target = new Target(options.upstream, options.transport === "sse" ? "/sse" : "/");
    const gateway = await Gateway.open(options);
    try {
      const upstream = await openUpstream({ ...options, origin: target.origin });
      return HttpGateway.#listen(gateway, target, upstream, options);
    } catch (fault) {
      await gateway.close();
      throw fault;
    }
  }

  static #listen(
    gateway: Gateway,
    target: Target,
    upstream: Upstream,
    options: ServeOptions,
  ): HttpGateway {
    const { config, log, serverName, audit, policy, context } = gateway;
    const connect = (given: ConnectionOptions) => gateway.connect(given);
    const conversations = new Conversations(connect), timer = new DeadlineTimer(context.deadlines);
    const departures = new Departures(), garbage = new StreamGarbage(), budget = new BodyBudget();
    const { clientToken, replicated: isReplicated } = config.serve;
    const parts = {
      ...{ isReplicated, upstream, target, connect, conversations },
      budget,
      ...{ departures, garbage },
      maxBytes: config.maxMessageBytes,
      replacingHeaders: options.headers,
      redact: (text: string) => policy?.redact(text) ?? text,
      pressure: () => audit.pressure(),
      onForwarded: () => timer.arm(),
    };
    const health = () => ({ audit: audit.failing ?? "ok" });
    const server = listen(options, {
      ...options,
      clientToken,
      doors: new Doors({
        hostname: options.hostname,
        hosts: options.allowedHosts,
        origins: options.allowedOrigins,
      }),
      endpoint: options.transport === "sse" ? new LegacySse(parts) : new StreamableHttp(parts),
      conversations,
      others: house({ upstream, target, health, metrics: options.metrics }),
      isFit: () => audit.failing === null,
      onFault: (fault) => log.error("a request failed", { fault: String(fault) }),
    });
    policy?.watch();
    const served = new HttpGateway(gateway, server, target.path, async () => {
      timer.stop();
      departures.stop();
      garbage.stop();
      budget.stop();
      conversations.close();
      await upstream.close();
    });
    log.info(`serving ${serverName}`, {
      url: served.url,
      upstream: target.shown,
      audit: config.dbPath,
      policy: policy?.inForce.name ?? "none",
    });
    return served;
  }

  /** Number of requests under way, streams included. */
  get active(): number {
    return this.#server.active;
  }

  /** Says that it is not ready, for as long as load balancers need to notice; takes what comes. */
  async leave(): Promise<void> {
    const { config: { serve: { unreadyMs } }, log } = this.gateway;
    this.#server.leave();
    if (unreadyMs === 0) return;
    log.info("not ready any more", { for_seconds: unreadyMs / 1000 });
    await pause(unreadyMs);
  }

  /**
   * Takes no more, gives what is under way so much time, and ends.
   *
   * @returns Whether every record that has to be kept is in the log.
   */
  async close(drainMs: number): Promise<boolean> {
    const { log, diagnostics } = this.gateway;
    log.info("stopping");
    try {
      await this.#server.close(drainMs);
    } finally {
      await this.#closeRest();
      diagnostics.summarise();
    }
    return await this.gateway.close();
  }
}

function listen(
  { hostname, port }: ServeOptions,
  options: ConstructorParameters<typeof HttpServer>[0],
): HttpServer {
  try {
    return new HttpServer(options);
  } catch (fault) {
    const reason = osReason((fault as { code?: unknown }).code);
    if (reason === undefined) throw fault;
    throw new UsageError(`cannot listen on ${hostname}:${port}: ${reason}; choose another --port`);
  }
}

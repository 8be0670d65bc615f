/**
 * Serves a remote server behind the gateway: the door for `agentgate serve`.
 *
 * @module
 */

import { BodyBudget } from "../transport/http/body.ts";
import { Conversations } from "../transport/http/conversations.ts";
import { DeadlineTimer } from "../transport/http/deadline_timer.ts";
import { Doors } from "../transport/http/doors.ts";
import type { HeaderList } from "../transport/http/headers.ts";
import { house } from "../transport/http/house.ts";
import { HttpServer } from "../transport/http/http_server.ts";
import { LegacySse } from "../transport/http/legacy_sse.ts";
import { StreamableHttp } from "../transport/http/streamable.ts";
import { Target } from "../transport/http/target.ts";
import { UndiciUpstream } from "../transport/http/undici_upstream.ts";
import { osReason, UsageError } from "../errors.ts";
import { Gateway, type GatewayOptions } from "./gateway.ts";
import { onSignals } from "./signals.ts";

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
  /** Certificates (PEM) to trust for the upstream. */
  readonly ca?: readonly string[];
  readonly hasProxy: boolean;
}

/**
 * Serves until a signal ends it.
 *
 * @returns The exit code: 0, or 1 when records are lost.
 * @throws {UsageError} for a policy that does not load, or a port that cannot be opened.
 */
export async function runServe(options: ServeOptions): Promise<number> {
  const gateway = await Gateway.open(options);
  const stopped = Promise.withResolvers<void>();
  let isWhole = false;
  try {
    using _signals = onSignals(() => stopped.resolve());
    await serveUntil(stopped.promise, gateway, options);
  } finally {
    gateway.diagnostics.summarise();
    isWhole = await gateway.close();
  }
  return isWhole ? 0 : 1;
}

async function serveUntil(
  stopped: Promise<void>,
  gateway: Gateway,
  options: ServeOptions,
): Promise<void> {
  const { config, log, serverName, audit, policy, context } = gateway;
  const target = new Target(options.upstream, options.transport === "sse" ? "/sse" : "/");
  const upstream = new UndiciUpstream({ origin: target.origin, ...options });
  const connect: ConstructorParameters<typeof Conversations>[0] = (given) => gateway.connect(given);
  const conversations = new Conversations(connect);
  const timer = new DeadlineTimer(context.deadlines);
  const endpointOptions = {
    upstream,
    target,
    connect,
    conversations,
    budget: new BodyBudget(),
    maxBytes: config.maxMessageBytes,
    replacingHeaders: options.headers,
    redact: (text: string) => policy?.redact(text) ?? text,
    pressure: () => audit.pressure(),
    onForwarded: () => timer.arm(),
  };
  const endpoint = options.transport === "sse"
    ? new LegacySse(endpointOptions)
    : new StreamableHttp(endpointOptions);
  try {
    const server = listen(options, {
      ...options,
      clientToken: config.serve.clientToken,
      doors: new Doors({
        hostname: options.hostname,
        hosts: options.allowedHosts,
        origins: options.allowedOrigins,
      }),
      endpoint,
      conversations,
      others: house({ upstream, target, health: () => ({ audit: audit.failing ?? "ok" }) }).fetch,
      onFault: (fault) => log.error("a request failed", { fault: String(fault) }),
    });
    policy?.watch();
    log.info(`serving ${serverName}`, {
      url: `${server.origin}${target.path}`,
      upstream: options.upstream,
      audit: config.dbPath,
      policy: policy?.inForce.name ?? "none",
    });
    await stopped;
    log.info("stopping", { active: endpoint.active });
    await server.close(DRAIN_MS);
  } finally {
    timer.stop();
    conversations.close();
    await upstream.close();
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

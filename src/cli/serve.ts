/**
 * `agentgate serve`: the gateway in front of one remote server.
 *
 * @module
 */

import { loadConfig } from "../config/config.ts";
import { tightenOwnFolder } from "../config/own_folder.ts";
import { CONFIG_RANGES } from "../config/settings.ts";
import { UsageError } from "../errors.ts";
import { createLog } from "../log.ts";
import { isLoopback } from "../transport/http/doors.ts";
import { portOf, SERVE_PORT, type ServeOptions } from "./options.ts";
import { caOf, hasProxy, headersOf, nameOf, pem } from "./remote.ts";

/** Time that the last log lines may take to reach a stderr that is slow. */
const LAST_WORDS_MS = 200;
/** 0 is any port that is free. */
const ANY_PORT = Object.freeze({ min: 0, max: 65_535 });

/**
 * Serves until a signal ends it.
 *
 * @returns The exit code.
 * @throws {UsageError} for options, a config or a policy that cannot be used.
 */
export async function serve(options: ServeOptions): Promise<number> {
  const { transport, upstream, host: hostname = "127.0.0.1" } = options;
  if (transport !== "http" && transport !== "sse") {
    throw new UsageError(
      transport === undefined
        ? "serve needs --transport http (Streamable HTTP) or --transport sse (the older HTTP with SSE)"
        : `unknown transport '${transport}': it is http or sse`,
    );
  }
  if (upstream === undefined) {
    throw new UsageError("serve needs --upstream, the server's address: https://example.com/mcp");
  }
  const env = Deno.env.toObject();
  const headers = headersOf(options.header ?? [], env);
  const port = portOf("--port", options.port, ANY_PORT) ?? SERVE_PORT;
  const tls = await tlsOf(options);
  const ca = await caOf(options.cert);
  const config = await loadConfig({
    path: options.config,
    db: options.db,
    policies: options.policy,
    dashboardPort: portOf("--dashboard-port", options.dashboardPort, CONFIG_RANGES.dashboardPort),
    metricsPort: portOf("--metrics-port", options.metricsPort, CONFIG_RANGES.port),
    env,
  });
  if (!isLoopback(hostname) && tls === undefined && config.serve.clientToken === undefined) {
    throw new UsageError(
      `--host ${hostname} lets other machines in: give --tls-cert and --tls-key, or set ` +
        "client_token in the [serve] table of the configuration",
    );
  }
  await tightenOwnFolder(env);
  const log = createLog({ level: config.logLevel, format: config.logFormat });
  try {
    const { runServe } = await import("../gateway/serve.ts");
    return await runServe({
      config,
      log,
      serverName: options.name ?? config.serverName ?? nameOf(upstream),
      transport,
      upstream,
      hostname,
      port,
      headers,
      allowedHosts: options.allowHost ?? [],
      allowedOrigins: options.allowOrigin ?? [],
      hasProxy: hasProxy(upstream, env),
      ...(tls === undefined ? {} : { tls }),
      ...(ca === undefined ? {} : { ca }),
    });
  } finally {
    await log.flush(LAST_WORDS_MS);
  }
}

async function tlsOf(options: ServeOptions): Promise<{ cert: string; key: string } | undefined> {
  const { tlsCert: certFile, tlsKey: keyFile } = options;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError("--tls-cert and --tls-key need one another");
  }
  return { cert: await pem(certFile, "--tls-cert"), key: await pem(keyFile, "--tls-key") };
}

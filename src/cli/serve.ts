/**
 * `agentgate serve`: the gateway in front of one remote server.
 *
 * @module
 */

import { UsageError } from "../errors.ts";
import { isLoopback } from "../transport/http/doors.ts";
import { gatewayConfig, withLog } from "./gateway_config.ts";
import { portOf, SERVE_PORT, type ServeOptions } from "./options.ts";
import { caOf, hasProxy, headersOf, nameOf, pem } from "./remote.ts";

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
  const config = await gatewayConfig(options, env);
  if (!isLoopback(hostname) && tls === undefined && config.serve.clientToken === undefined) {
    throw new UsageError(
      `--host ${hostname} lets other machines in: give --tls-cert and --tls-key, or set ` +
        "client_token in the [serve] table of the configuration",
    );
  }
  return await withLog(config, env, async (log) => {
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
  });
}

async function tlsOf(options: ServeOptions): Promise<{ cert: string; key: string } | undefined> {
  const { tlsCert: certFile, tlsKey: keyFile } = options;
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError("--tls-cert and --tls-key need one another");
  }
  return { cert: await pem(certFile, "--tls-cert"), key: await pem(keyFile, "--tls-key") };
}

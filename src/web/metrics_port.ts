/**
 * A port for Prometheus, of one gateway: `wrap --metrics-port`.
 *
 * @module
 */

import { isOwnHost } from "./own_host.ts";
import type { ProcessMetrics } from "./process_metrics.ts";

/** Options of a {@link MetricsPort}. */
export interface MetricsPortOptions {
  readonly port: number;
  readonly metrics: ProcessMetrics;
}

/** Serves `/metrics` on the loopback address, to whoever asks. */
export class MetricsPort implements Disposable {
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** @throws {Deno.errors.AddrInUse} when somebody has the port. */
  constructor({ port, metrics }: MetricsPortOptions) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => {
        if (!isOwnHost(request.headers.get("host") ?? "")) {
          return new Response("the Host is not this machine\n", { status: 403 });
        }
        const { pathname } = new URL(request.url);
        if (pathname === "/health") return new Response("ok");
        if (pathname !== "/metrics") return new Response("see /metrics\n", { status: 404 });
        return metrics.answer();
      },
    );
    this.port = this.#server.addr.port;
  }

  /** Serves no more. */
  [Symbol.dispose](): void {
    void this.#server.shutdown().catch(() => {});
  }
}

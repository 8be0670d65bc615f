/**
 * A port for Prometheus, of one gateway: `wrap --metrics-port`.
 *
 * @module
 */

import type { MeteredCall, MeteredState } from "../taps/call_meter.ts";
import { isOwnHost } from "./own_host.ts";
import { ProcessMetrics } from "./process_metrics.ts";

/** Options of a {@link MetricsPort}. */
export interface MetricsPortOptions {
  readonly port: number;
  /** Has the line hand over what it has noted, and tells what is true now. */
  readonly read: () => Promise<MeteredState>;
}

/** Serves `/metrics` on the loopback address, to whoever asks. */
export class MetricsPort implements Disposable {
  readonly port: number;
  readonly #metrics = new ProcessMetrics();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** @throws {Deno.errors.AddrInUse} when somebody has the port. */
  constructor({ port, read }: MetricsPortOptions) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      async (request) => {
        if (!isOwnHost(request.headers.get("host") ?? "")) {
          return new Response("the Host is not this machine\n", { status: 403 });
        }
        const { pathname } = new URL(request.url);
        if (pathname === "/health") return new Response("ok");
        if (pathname !== "/metrics") return new Response("see /metrics\n", { status: 404 });
        const state = await read();
        const { text, type } = await this.#metrics.text(state);
        return new Response(text, { headers: { "content-type": type } });
      },
    );
    this.port = this.#server.addr.port;
  }

  /** Counts calls that the line has handed over. */
  add(calls: readonly MeteredCall[]): void {
    this.#metrics.add(calls);
  }

  /** Serves no more. */
  [Symbol.dispose](): void {
    void this.#server.shutdown().catch(() => {});
  }
}

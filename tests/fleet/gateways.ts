/** Gateways that share their limits by a real engine: a session each, driven by hand. */

import { openStore } from "../../src/fleet/limits/open.ts";
import type { Store } from "../../src/fleet/limits/store.ts";
import type { FromStore } from "../../src/limits/lease_protocol.ts";
import { Leases } from "../../src/limits/leases.ts";
import { RateLimiter, type RateLimits } from "../../src/limits/rate_limits.ts";
import { MemoryLog } from "../audit/support.ts";
import { call, Harness } from "../session/harness.ts";

/** Longer than a machine with much else to do takes for an answer. */
const PATIENCE_MS = 1000;

/** Options of {@link withGateways}. */
export interface GatewaysOptions {
  readonly url: string;
  readonly count?: number;
  readonly onOutage?: "local" | "deny";
  readonly limits?: Partial<RateLimits>;
  readonly server?: string;
}

/** One gateway of a fleet. */
export class FleetGateway {
  readonly log: MemoryLog = new MemoryLog();
  readonly leases: Leases;
  readonly harness: Harness;
  admitted = 0;
  /** All that the agent was told. */
  told = "";
  readonly #store: Store;
  readonly #awaited = new Map<FromStore["type"], PromiseWithResolvers<void>>();
  #calls = 0;

  constructor({ url, onOutage = "deny", limits = {}, server = "server" }: GatewaysOptions) {
    const settings = { valkey: url, onOutage, prefix: "test:" };
    this.#store = openStore(settings, this.log, (message) => {
      this.leases.receive(message);
      this.#awaited.get(message.type)?.resolve();
      this.#awaited.delete(message.type);
    }, PATIENCE_MS);
    this.leases = new Leases({ onOutage, post: (message) => this.#store.receive(message) });
    const all: RateLimits = {
      globalMaxCallsPerMinute: undefined,
      perAgentMaxCallsPerMinute: undefined,
      perToolMaxCallsPerMinute: undefined,
      ...limits,
    };
    const limiter = new RateLimiter(all, undefined, { leases: this.leases, server });
    this.harness = new Harness({ stages: [limiter.stage(() => "credential")] });
  }

  /** Resolves when the store has told such a thing. */
  hears(type: FromStore["type"]): Promise<void> {
    let awaited = this.#awaited.get(type);
    if (awaited === undefined) this.#awaited.set(type, awaited = Promise.withResolvers());
    return awaited.promise;
  }

  /** Makes so many calls; resolves when each was let through or refused. */
  async call(count: number, tool = "echo"): Promise<void> {
    const { harness } = this, before = harness.ended.length, admitted = this.admitted;
    for (let i = 0; i < count; i++) this.#count(harness.agent(call(++this.#calls, tool)));
    while (this.admitted - admitted + harness.ended.length - before < count) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.#count(harness.take());
    }
  }

  #count({ server, agent }: { server: string; agent: string }): void {
    this.admitted += server.split("\n").length - 1;
    this.told += agent;
  }

  async close(): Promise<void> {
    this.leases.close();
    await this.#store.close();
  }
}

/** Runs `use` with gateways of a fleet, and closes them. */
export async function withGateways(
  options: GatewaysOptions,
  use: (gateways: readonly FleetGateway[]) => Promise<void>,
): Promise<void> {
  const gateways = Array.from({ length: options.count ?? 4 }, () => new FleetGateway(options));
  try {
    await use(gateways);
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.close()));
  }
}

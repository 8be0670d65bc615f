/**
 * The limits that all gateways share, on the thread of a line.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { FromStore, ToStore } from "../limits/lease_protocol.ts";
import type { Leases } from "../limits/leases.ts";
import type { Log } from "../log.ts";

/** Limits, and what asks for them. */
export interface OpenLimits {
  readonly leases: Leases;
  /** Gives back what is leased. */
  readonly close: () => Promise<void>;
}

/** Options of {@link openSharedLimits}. */
export interface OpenLimitsOptions {
  readonly config: Config;
  readonly log: Log;
  /** Tells a store on another thread; without it, the store is opened here. */
  readonly toStore?: ((message: ToStore) => void) | undefined;
}

/**
 * Opens them; null, and nothing is loaded, without `[fleet] valkey`.
 *
 * @throws {UsageError} for what is no address of Valkey or Redis.
 */
export async function openSharedLimits(
  { config, log, toStore }: OpenLimitsOptions,
): Promise<OpenLimits | null> {
  const { valkey, onOutage } = config.fleet;
  if (valkey === undefined) return null;
  const { Leases } = await import("../limits/leases.ts");
  if (toStore !== undefined) {
    const leases = new Leases({ onOutage, post: toStore });
    return { leases, close: () => Promise.resolve(leases.close()) };
  }
  const { openStore } = await import("../fleet/limits/open.ts");
  const store = openStore(config.fleet, log, (message: FromStore) => leases.receive(message));
  const leases = new Leases({ onOutage, post: (message) => store.receive(message) });
  return {
    leases,
    close: async () => {
      leases.close();
      await store.close();
    },
  };
}

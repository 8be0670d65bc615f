/**
 * The limits that all gateways share, on the thread of a line.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { Store } from "../fleet/limits/store.ts";
import type { FromStore, ToStore } from "../limits/lease_protocol.ts";
import type { Leases } from "../limits/leases.ts";
import type { SharedCircuits } from "../limits/shared_circuits.ts";
import type { Log } from "../log.ts";

/** Limits, and what asks for them. */
export interface OpenLimits {
  readonly leases: Leases;
  readonly circuits: SharedCircuits;
  /** Takes what the store says. */
  readonly receive: (message: FromStore) => void;
  /** Gives back what is leased. */
  readonly close: () => Promise<void>;
}

/** Options of {@link openSharedLimits}. */
export interface OpenLimitsOptions {
  readonly config: Config;
  /** The server that this gateway stands before. */
  readonly serverName: string;
  readonly log: Log;
  /** Tells a store on another thread; without it, the store is opened here. */
  readonly toStore?: ((message: ToStore) => void) | undefined;
}

/** Opens them; null, and nothing is loaded, without `[fleet] valkey`. */
export async function openSharedLimits(
  { config, serverName: server, log, toStore }: OpenLimitsOptions,
): Promise<OpenLimits | null> {
  const { onOutage } = config.fleet;
  if (config.fleet.valkey === undefined) return null;
  const [{ Leases }, { SharedCircuits }] = await Promise.all([
    import("../limits/leases.ts"),
    import("../limits/shared_circuits.ts"),
  ]);
  const receive = (message: FromStore): void => {
    leases.receive(message);
    circuits.receive(message);
  };
  const store = toStore === undefined ? await openStoreHere(config, log, receive) : undefined;
  const post = toStore ?? ((message: ToStore) => store!.receive(message));
  const leases = new Leases({ onOutage, post }), circuits = new SharedCircuits({ server, post });
  return {
    ...{ leases, circuits, receive },
    close: async () => {
      leases.close();
      await store?.close();
    },
  };
}

/** Asks for tokens on this thread; undefined, and nothing is loaded, without `[fleet] valkey`. */
export async function openStoreHere(
  { fleet: { valkey, ...settings } }: Config,
  log: Log,
  tell: (message: FromStore) => void,
): Promise<Store | undefined> {
  if (valkey === undefined) return undefined;
  const { openStore } = await import("../fleet/limits/open.ts");
  return openStore({ ...settings, valkey }, log, tell);
}

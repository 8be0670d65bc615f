/**
 * The door of shared limits. Loaded only where `[fleet] valkey` is set.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { FromStore } from "../../limits/lease_protocol.ts";
import type { Log } from "../../log.ts";
import { shownAddress } from "./address.ts";
import { PATIENCE_MS, Store } from "./store.ts";

/** What of `[fleet]` it needs. */
export interface StoreSettings extends Pick<Config["fleet"], "prefix" | "onOutage"> {
  readonly valkey: string;
}

/**
 * Opens the store. It waits for nothing: the client is loaded meanwhile, and whether the engine can be
 * reached shows later.
 *
 * @param tell Takes what the line is told.
 * @param patienceMs Longest time that a call is held for an answer.
 */
export function openStore(
  { valkey, prefix, onOutage }: StoreSettings,
  log: Log,
  tell: (message: FromStore) => void,
  patienceMs: number = PATIENCE_MS,
): Store {
  return new Store({
    connect: async (events) => {
      const { Valkey } = await import("./valkey.ts");
      return new Valkey(valkey, events);
    },
    ...{ prefix, onOutage, log, tell, patienceMs },
    address: shownAddress(valkey),
  });
}

/**
 * The door of shared limits. Loaded only where `[fleet] valkey` is set.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { FromStore } from "../../limits/lease_protocol.ts";
import type { Log } from "../../log.ts";
import { checkAddress, shownAddress } from "./address.ts";
import { PATIENCE_MS, Store } from "./store.ts";

/**
 * Opens the store. It waits for nothing: the client is loaded meanwhile, and whether the engine can be
 * reached shows later.
 *
 * @param tell Takes what the line is told.
 * @param patienceMs Longest time that a call is held for an answer.
 * @throws {UsageError} for what is no address of Valkey or Redis.
 */
export function openStore(
  { valkey, prefix, onOutage }: Pick<Config["fleet"], "valkey" | "prefix" | "onOutage">,
  log: Log,
  tell: (message: FromStore) => void,
  patienceMs: number = PATIENCE_MS,
): Store {
  const address = valkey ?? "";
  checkAddress(address);
  return new Store({
    connect: async (events) => {
      const { Valkey } = await import("./valkey.ts");
      return new Valkey(address, events);
    },
    ...{ prefix, onOutage, log, tell, patienceMs },
    address: shownAddress(address),
  });
}

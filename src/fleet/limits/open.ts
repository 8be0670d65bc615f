/**
 * The door of shared limits. Loaded only where `[fleet] valkey` is set.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { FromStore } from "../../limits/lease_protocol.ts";
import type { Log } from "../../log.ts";
import { Store } from "./store.ts";
import { checkAddress, shownAddress, Valkey } from "./valkey.ts";

/**
 * Opens the store. It waits for nothing: whether the engine can be reached shows later.
 *
 * @param tell Takes what the line is told.
 * @throws {UsageError} for what is no address of Valkey or Redis.
 */
export function openStore(
  { valkey, prefix, onOutage }: Config["fleet"],
  log: Log,
  tell: (message: FromStore) => void,
): Store {
  const address = valkey ?? "";
  checkAddress(address);
  return new Store({
    connect: (events) => new Valkey(address, events),
    ...{ prefix, onOutage, log, tell },
    address: shownAddress(address),
  });
}

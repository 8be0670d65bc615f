/**
 * Shipping of a machine's log, by one of its processes.
 *
 * @module
 */

import { shippingLock } from "../../audit/shipping_state.ts";
import type { Config } from "../../config/config.ts";
import type { Log } from "../../log.ts";
import { OneThread } from "./one_thread.ts";
import type { ShippingSettings } from "./shipper.ts";

/** The thread's module. */
const THREAD = new URL("./shipping_thread.ts", import.meta.url);

/** One process's part in it, until it is disposed of. */
export class Shipping extends OneThread {
  constructor(settings: ShippingSettings, log: Log) {
    super({
      ...{ module: THREAD, settings, log, lock: () => shippingLock(settings.dbPath) },
      fails: "records are not shipped to the fleet's PostgreSQL",
    });
  }
}

/** Ships the log of a configuration; undefined where it is not shipped. */
export function shipLogOf({ fleet, dbPath }: Config, log: Log): Shipping | undefined {
  const { postgres: address, postgresCa: caFile, name: host = Deno.hostname() } = fleet;
  if (address === undefined) return undefined;
  return new Shipping({ dbPath, destination: { address, caFile }, host }, log);
}

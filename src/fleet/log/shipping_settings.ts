/**
 * What the configuration says of shipping.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { ShippingSettings } from "./shipper.ts";

/** What a machine's log is shipped with; null where it is not. */
export function shippingSettings({ fleet, dbPath }: Config): ShippingSettings | null {
  const { postgres: address, postgresCa: caFile, name } = fleet;
  if (address === undefined) return null;
  return { dbPath, destination: { address, caFile }, host: name ?? Deno.hostname() };
}

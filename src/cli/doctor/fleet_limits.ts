/**
 * Checks whether what gateways have in common can be reached.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { type Finding, note, ok, wrong } from "./finding.ts";

/** Longest time that is waited for an answer. */
const PATIENCE_MS = 3000;

/** Looks whether Valkey answers whoever the configuration says we are; nothing where it is not set. */
export async function checkFleetLimits({ fleet }: Config): Promise<Finding[]> {
  const { valkey, onOutage } = fleet;
  if (valkey === undefined) return [];
  const [{ shownAddress }, { Valkey }] = await Promise.all([
    import("../../fleet/limits/address.ts"),
    import("../../fleet/limits/valkey.ts"),
  ]);
  const address = shownAddress(valkey), { promise, resolve } = Promise.withResolvers<Finding>();
  const connection = new Valkey(valkey, {
    onUp: () => resolve(ok(`Limits and circuits are shared by ${address}, which answers`)),
    onDown: (reason) => resolve(wrong(`Limits are not shared, ${address} fails: ${reason}`)),
    onMessage: () => {},
  });
  const late = wrong(`Limits are not shared, ${address} does not answer`);
  const timer = setTimeout(() => resolve(late), PATIENCE_MS);
  try {
    const consequence = onOutage === "deny"
      ? 'on_outage = "deny": without it, calls that have a limit are refused'
      : 'on_outage = "local": without it, each gateway counts its limits alone';
    return [await promise, note(consequence)];
  } finally {
    clearTimeout(timer);
    await connection.close();
  }
}

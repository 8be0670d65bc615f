/**
 * Checks whether records reach the fleet's PostgreSQL, and can be read there.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { wholeAddress } from "../../config/expand.ts";
import { LogSource, LogUnavailable } from "../../web/log_source.ts";
import { shippingProgress } from "../../web/shipping_progress.ts";
import { type Finding, note, ok } from "./finding.ts";

/**
 * Connects as a gateway does; nothing is asked for where there is no fleet.
 *
 * @throws {UsageError} with what is wrong.
 */
export async function checkFleetLog({ fleet, dbPath }: Config): Promise<Finding[]> {
  const { postgres: address, postgresCa: caFile } = fleet;
  if (address === undefined) return [];
  const { withFleetDatabase } = await import("../../fleet/log/fleet_database.ts");
  await withFleetDatabase({ address, caFile }, (database) => database.checkSchema());
  return [ok("PostgreSQL takes records"), progressFinding(dbPath)];
}

/**
 * Connects as `dashboard --fleet` does, where a reader is named.
 *
 * @throws {UsageError} with what is wrong.
 */
export async function checkFleetReader({ fleet }: Config): Promise<Finding[]> {
  const { reader, postgresCa: caFile } = fleet;
  if (reader === undefined) return [];
  const address = wholeAddress(reader);
  const [{ orSaid }, { CallsReader }] = await Promise.all([
    import("../../fleet/log/fleet_database.ts"),
    import("../../fleet/copy/calls_reader.ts"),
  ]);
  await orSaid({ address, caFile }, async (options) => {
    await using calls = await CallsReader.connect(options);
    await calls.past(null, Date.now() * 1000);
  });
  return [ok("The fleet's log can be read")];
}

function progressFinding(dbPath: string): Finding {
  using log = new LogSource(dbPath);
  try {
    const { waiting, shipped_at } = shippingProgress(log);
    const text = `${waiting} changes of the log wait for it (last shipped: ${
      shipped_at ?? "never"
    })`;
    return waiting === 0
      ? ok(text)
      : note(`${text}; a gateway or \`agentgate dashboard\` ships them`);
  } catch (fault) {
    if (fault instanceof LogUnavailable) return note("No record waits for it: there is no log yet");
    throw fault;
  }
}

/**
 * How fast a log is shipped to PostgreSQL on this machine, and what that costs: our share of the
 * processor and the engine's apart.
 *
 * `deno run -A bench/fleet_ship.ts [200000]`. Needs Linux, and Debian's postgresql.
 *
 * @module
 */

import { AuditStore } from "../src/audit/store.ts";
import { callAt, insert } from "../tests/audit/support.ts";
import { assertSame, shipped, withFleet, withShipping } from "../tests/fleet/fleet.ts";
import { cpuMs, treeOf } from "./processes.ts";

const rows = Number(Deno.args[0] ?? 200_000), BATCH_ROWS = 500;

await withFleet({}, async (fleet) => {
  const { dbPath, settings, postgres } = fleet;
  const store = new AuditStore(dbPath, { durability: "batched" });
  const start = Date.UTC(2026, 10, 22);
  for (let i = 0; i < rows; i += BATCH_ROWS) {
    insert(store, Array.from({ length: BATCH_ROWS }, (_, n) => callAt(start + i + n)));
  }
  const cpu = () => ({ ours: cpuMs([Deno.pid]), engine: cpuMs(treeOf(postgres.pid)) });
  const before = cpu(), since = performance.now();
  await withShipping(settings, () => shipped(dbPath).then(() => {}));
  const ms = performance.now() - since, after = cpu();
  store.close();
  await assertSame(fleet);
  const each = (used: number) => `${(1000 * used / rows).toFixed(1)} µs of the processor`;
  console.log(
    `${rows} rows in ${(ms / 1000).toFixed(1)} s: ${(1000 * rows / ms).toFixed(0)} a second`,
  );
  console.log(`a row takes ${each(after.ours - before.ours)} here`);
  console.log(`and ${each(after.engine - before.engine)} of the engine's`);
});

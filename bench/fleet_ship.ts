/**
 * How fast logs are shipped to PostgreSQL on this machine, one or several at once, and what that costs:
 * our share of the processor and the engine's apart.
 *
 * `deno run -A bench/fleet_ship.ts [ROWS] [LOGS]`. Needs Linux, and Debian's postgresql.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { AuditStore } from "../src/audit/store.ts";
import { callAt, insert } from "../tests/audit/support.ts";
import { assertSame, shipped, withFleet, withShipping } from "../tests/fleet/fleet.ts";
import { printCost } from "./fleet/cost.ts";

const [rows = 200_000, count = 1] = Deno.args.map(Number);
const BATCH_ROWS = 500;

await withFleet({}, async ({ dbPath, settings, postgres }) => {
  const logs = Array.from({ length: count }, (_, n) => join(dirname(dbPath), `${n}`, "logs.db"));
  const each = Math.ceil(rows / count);
  for (const log of logs) write(log, each);
  await printCost(`rows of ${count} logs`, count * each, postgres, () =>
    Promise.all(
      logs.map((dbPath, n) =>
        withShipping(
          { ...settings, dbPath, host: `host${n}` },
          () => shipped(dbPath).then(() => {}),
        )
      ),
    ));
  await assertSame({ postgres, dbPath }, logs);
});

function write(dbPath: string, rows: number): void {
  Deno.mkdirSync(dirname(dbPath));
  const store = new AuditStore(dbPath, { durability: "batched" });
  const start = Date.UTC(2026, 10, 22);
  for (let i = 0; i < rows; i += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, rows - i);
    insert(store, Array.from({ length }, (_, n) => callAt(start + i + n)));
  }
  store.close();
}

/**
 * How fast logs are shipped to PostgreSQL on this machine, one or several at once, and what that costs:
 * our share of the processor and the engine's apart.
 *
 * `deno run -A bench/fleet_ship.ts [ROWS] [LOGS]`. Needs Linux, and Debian's postgresql.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { AuditStore } from "../src/audit/store.ts";
import { callAt, insert } from "../tests/audit/support.ts";
import { shipped, withFleet, withShipping } from "../tests/fleet/fleet.ts";
import { cpuMs, treeOf } from "./processes.ts";

const [rows = 200_000, count = 1] = Deno.args.map(Number);
const BATCH_ROWS = 500;

await withFleet({}, async ({ dbPath, settings, postgres }) => {
  const logs = Array.from({ length: count }, (_, n) => join(dirname(dbPath), `${n}`, "logs.db"));
  for (const log of logs) write(log, Math.ceil(rows / count));
  const cpu = () => ({ ours: cpuMs([Deno.pid]), engine: cpuMs(treeOf(postgres.pid)) });
  const before = cpu(), since = performance.now();
  await Promise.all(
    logs.map((dbPath, n) =>
      withShipping({ ...settings, dbPath, host: `host${n}` }, () => shipped(dbPath).then(() => {}))
    ),
  );
  const ms = performance.now() - since, after = cpu();
  const [{ n }] = await postgres.query("SELECT count(DISTINCT id) AS n FROM agentgate.calls") as [
    { readonly n: string },
  ];
  assert.equal(Number(n), count * Math.ceil(rows / count));
  const each = (used: number) => `${(1000 * used / rows).toFixed(1)} µs of the processor`;
  console.log(
    `${n} rows of ${count} logs in ${(ms / 1000).toFixed(1)} s: ${
      (1000 * Number(n) / ms).toFixed(0)
    } a second`,
  );
  console.log(`a row takes ${each(after.ours - before.ours)} here`);
  console.log(`and ${each(after.engine - before.engine)} of the engine's`);
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

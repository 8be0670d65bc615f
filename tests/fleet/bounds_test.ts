/** A PostgreSQL with bounds, settings and locks of its own: records arrive all the same. */

import assert from "node:assert/strict";
import pg from "pg";
import { AuditStore } from "../../src/audit/store.ts";
import { BATCH } from "../../src/fleet/log/waiting_rows.ts";
import { callAt, insert } from "../audit/support.ts";
import {
  assertSame,
  type Fleet,
  GATE,
  migrate,
  shipped,
  withFleet,
  withShipping,
} from "./fleet.ts";
import { HAS_POSTGRES, withPostgres } from "./postgres.ts";

const ignore = !HAS_POSTGRES, START = Date.UTC(2026, 10, 22, 17);

function write({ dbPath }: Fleet, count: number, startedAt = START): void {
  const store = new AuditStore(dbPath, { durability: "batched" });
  insert(store, Array.from({ length: count }, () => callAt(startedAt)));
  store.close();
}

Deno.test({
  name: "the bounds and settings that a user has in PostgreSQL are in no batch's way",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet;
      for (
        const setting of [
          "statement_timeout = '5ms'",
          "default_transaction_isolation = 'serializable'",
          "timezone = 'Asia/Kolkata'",
          "datestyle = 'SQL, DMY'",
          "client_encoding = 'LATIN1'",
        ]
      ) await postgres.query(`ALTER ROLE ${GATE} SET ${setting}`);
      write(fleet, 2 * BATCH.rows);
      write(fleet, 1, Date.UTC(2026, 10, 22));
      write(fleet, 1, Date.UTC(2026, 10, 22) - 1);
      await withShipping(settings, () => shipped(dbPath).then(() => {}));
      assert.equal(await assertSame(fleet), 2 * BATCH.rows + 2);
    }),
});

Deno.test({
  name: "a lock on the table is waited for by one connection, however long it is held",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { postgres, dbPath, settings } = fleet;
      write(fleet, 1);
      const holder = new pg.Client({ connectionString: postgres.address() });
      await holder.connect();
      await holder.query("BEGIN; LOCK TABLE agentgate.calls IN ACCESS EXCLUSIVE MODE");
      await withShipping(settings, async () => {
        // PostgreSQL itself gives a lock up: the waiting ends while the lock is held.
        const waiting = async (): Promise<number> => {
          const rows = await postgres.query(
            `SELECT FROM pg_stat_activity WHERE usename = '${GATE}' AND wait_event_type = 'Lock'`,
          );
          return rows.length;
        };
        const until = async (count: number) => {
          while (await waiting() !== count) await new Promise((done) => setTimeout(done, 50));
        };
        await until(1);
        await until(0);
        await until(1);
        await holder.query("COMMIT");
        await shipped(dbPath);
      });
      await holder.end();
      assert.equal(await assertSame(fleet), 1);
    }),
});

Deno.test({
  name: "a database that cannot hold every text is refused in one sentence",
  ignore,
  fn: () =>
    withPostgres({}, async (postgres) => {
      await postgres.query("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
      await assert.rejects(
        migrate(postgres.address("postgres", { database: "latin" })),
        /^FleetFault: its database latin is in LATIN1; make one in UTF8: createdb -E UTF8 /,
      );
    }),
});

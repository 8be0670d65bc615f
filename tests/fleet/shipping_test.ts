import pg from "pg";
import assert from "node:assert/strict";
import { AuditStore } from "../../src/audit/store.ts";
import { readShippingState } from "../../src/audit/shipping_state.ts";
import { Shipping } from "../../src/fleet/log/shipping.ts";
import { BATCH } from "../../src/fleet/log/waiting_rows.ts";
import {
  allRows,
  callAt,
  ended,
  insert,
  MemoryLog,
  startedCall,
  type TestCall,
  withConnection,
  withDatabasePath,
} from "../audit/support.ts";
import { assertSame, type Fleet, GATE, shipped, withFleet, withShipping } from "./fleet.ts";
import { HAS_POSTGRES } from "./postgres.ts";

const ignore = !HAS_POSTGRES;

const DAY_MS = 24 * 60 * 60 * 1000, START = Date.UTC(2026, 10, 22, 17);

/** The time of a clock that was never set. */
const NEVER_SET = -DAY_MS;

/** Runs `use` with the log's writer. */
async function withWriter(
  { dbPath }: Pick<Fleet, "dbPath">,
  use: (store: AuditStore) => unknown,
): Promise<void> {
  const store = new AuditStore(dbPath, { durability: "batched" });
  try {
    await use(store);
  } finally {
    store.close();
  }
}

/** Writes the end of a call that was stored before. */
function complete(dbPath: string, { id }: TestCall): Promise<void> {
  return withConnection(
    dbPath,
    (db) =>
      db.exec(`UPDATE tool_invocations SET status = 'allowed', outcome = 'ok', latency_us = 42
      WHERE id = '${id}'`),
  );
}

Deno.test({
  name: "Shipping brings every row there as it is here, whatever is in it, and completes open ones",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        const open = startedCall({ id: "open", startedAt: START });
        const odd = 'back\\slash \\N tab\t line\r\n quote " é 😀 \\.';
        insert(store, [
          open,
          ended(startedCall({ id: "odd", argumentsText: odd, startedAt: START + 1 }), "ok", odd),
          callAt(START - 40 * DAY_MS, "long ago"),
          callAt(START + DAY_MS, "the next day"),
          callAt(NEVER_SET, "before all days"),
        ]);
        await withShipping(settings, async () => {
          await shipped(dbPath);
          assert.equal(await assertSame(fleet), 5);
          await complete(dbPath, open);
          await shipped(dbPath);
          await assertSame(fleet);
        });
        const [row] = await postgres.query(
          "SELECT host, latency_us FROM agentgate.calls WHERE id = 'open'",
        );
        assert.deepEqual(row, { host: "laptop", latency_us: 42 });
      })),
});

Deno.test({
  name: "Shipping goes on where it was, in as many batches as it takes, and ships nothing twice",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        const calls = (count: number) => Array.from({ length: count }, () => callAt(START));
        insert(store, calls(2 * BATCH.rows + 1));
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        insert(store, calls(3));
        await postgres.query(
          "CREATE TABLE public.before AS SELECT id, xmin::text AS version FROM agentgate.calls",
        );
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        assert.equal(await assertSame(fleet), 2 * BATCH.rows + 4);
        const [{ touched }] = await postgres.query(
          `SELECT count(*) AS touched FROM public.before b JOIN agentgate.calls c USING (id)
           WHERE b.version <> c.xmin::text`,
        );
        assert.equal(touched, 0);
      })),
});

Deno.test({
  name: "Shipping ships a log again whose file is another one, and rows stay one each",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { dbPath, settings, postgres } = fleet;
      await withWriter(fleet, (store) => insert(store, [callAt(START, "a"), callAt(START, "b")]));
      await Deno.copyFile(dbPath, `${dbPath}.copy`);
      await withWriter(fleet, (store) => insert(store, [callAt(START, "only before")]));
      await withShipping(settings, () => shipped(dbPath).then(() => {}));
      await Deno.rename(`${dbPath}.copy`, dbPath);
      await withWriter(fleet, (store) => insert(store, [callAt(START, "only after")]));
      await withShipping(settings, () => shipped(dbPath).then(() => {}));
      const ids = await postgres.query("SELECT id FROM agentgate.calls ORDER BY id");
      assert.deepEqual(ids.map(({ id }) => id), ["a", "b", "only after", "only before"]);
    }),
});

Deno.test({
  name: "Shipping is one process's at a time: another takes over when that ends",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings } = fleet, log = new MemoryLog();
        const first = new Shipping(settings, log);
        insert(store, [callAt(START)]);
        await shipped(dbPath);
        const { source } = readShippingState(dbPath)!;
        await withShipping(settings, async () => {
          first[Symbol.dispose]();
          insert(store, [callAt(START)]);
          await shipped(dbPath);
        });
        assert.equal(await assertSame(fleet), 2);
        assert.equal(readShippingState(dbPath)!.source, source);
        assert.deepEqual(log.lines, []);
      })),
});

Deno.test({
  name:
    "Two shippers of one log, as with a lock that a file system does not keep, ship each row once",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings } = fleet;
        insert(store, [callAt(START)]);
        await withShipping(settings, async () => {
          await shipped(dbPath);
          await Deno.remove(`${dbPath.replace(/\.db$/, "")}.fleet.lock`);
          await withShipping(settings, async () => {
            for (let i = 0; i < 20; i++) {
              insert(store, Array.from({ length: 500 }, () => callAt(START + i)));
            }
            await shipped(dbPath);
          });
        });
        assert.equal(await assertSame(fleet), 10_001);
      })),
});

Deno.test({
  name: "a day whose table was dropped or detached is made again for what comes late",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        const ids = async (table: string) =>
          (await postgres.query(`SELECT id FROM agentgate.${table}`)).map(({ id }) => id);
        await withShipping(settings, async () => {
          insert(store, [callAt(START, "a"), callAt(START + DAY_MS, "b")]);
          await shipped(dbPath);
          await postgres.query("DROP TABLE agentgate.calls_2026_11_22");
          await postgres.query(
            "ALTER TABLE agentgate.calls DETACH PARTITION agentgate.calls_2026_11_23",
          );
          insert(store, [callAt(START, "c"), callAt(START + DAY_MS, "d")]);
          await shipped(dbPath);
        });
        assert.deepEqual((await ids("calls")).sort(), ["c", "d"]);
        assert.deepEqual(await ids("calls_2026_11_23"), ["b"]);
      })),
});

Deno.test({
  name: "a day that was left half detached is made again for what comes late",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        const part = "agentgate.calls_2026_11_22";
        insert(store, [callAt(START, "a")]);
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        // Whoever reads the table keeps it from being detached, and whoever waits gives up.
        const [reader, detacher] = await Promise.all([0, 1].map(async () => {
          const client = new pg.Client({ connectionString: postgres.address() });
          await client.connect();
          return client;
        }));
        await reader!.query("BEGIN; SELECT count(*) FROM agentgate.calls");
        await detacher!.query("SET lock_timeout = '100ms'");
        await assert.rejects(
          detacher!.query(`ALTER TABLE agentgate.calls DETACH PARTITION ${part} CONCURRENTLY`),
          /lock timeout/,
        );
        await Promise.all([reader!.end(), detacher!.end()]);
        assert.deepEqual(
          await postgres.query("SELECT inhdetachpending FROM pg_inherits WHERE inhdetachpending"),
          [{ inhdetachpending: true }],
        );
        insert(store, [callAt(START, "b")]);
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        assert.deepEqual(await postgres.query("SELECT id FROM agentgate.calls"), [{ id: "b" }]);
        assert.deepEqual(await postgres.query(`SELECT id FROM ${part}`), [{ id: "a" }]);
      })),
});

Deno.test({
  name: "a day that an administrator keeps in a table of his own takes what comes late",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        const part = (name: string, rest: string) =>
          postgres.query(`CREATE TABLE agentgate.${name} PARTITION OF agentgate.calls ${rest}`);
        await part("november", "FOR VALUES FROM ('2026-11-01 00:00Z') TO ('2026-12-01 00:00Z')");
        await part("others", "DEFAULT");
        await postgres.query(`INSERT INTO agentgate.calls (started_at, id, source, host, change)
          VALUES ('2026-12-05 12:00Z', 'there', gen_random_uuid(), 'host', 1)`);
        insert(store, [callAt(START, "a"), callAt(Date.UTC(2026, 11, 5), "b")]);
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        const tables = await postgres.query(
          "SELECT tableoid::regclass::text AS name FROM agentgate.calls WHERE id <> 'there' ORDER BY id",
        );
        assert.deepEqual(tables, [{ name: "agentgate.november" }, { name: "agentgate.others" }]);
      })),
});

Deno.test({
  name:
    "a gateway's user can neither read what calls said, nor change how they began, nor delete any",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withWriter(fleet, async (store) => {
        const { dbPath, settings, postgres } = fleet;
        insert(store, [callAt(START, "a")]);
        await withShipping(settings, () => shipped(dbPath).then(() => {}));
        for (
          const sql of [
            "SELECT arguments FROM agentgate.calls",
            "UPDATE agentgate.calls SET tool_name = 'x'",
            "DELETE FROM agentgate.calls",
            "TRUNCATE agentgate.calls",
            "DROP TABLE agentgate.calls_2026_11_22",
            "SELECT arguments FROM agentgate.calls_2026_11_22",
            "DELETE FROM agentgate.sources",
            "CREATE TABLE agentgate.own (a int)",
          ]
        ) {
          await assert.rejects(
            postgres.query(sql, [], GATE),
            /permission denied|must be owner/,
            sql,
          );
        }
      })),
});

Deno.test({
  name: "retention keeps what was not shipped up to its bound, and says what it had to delete",
  fn: () =>
    withDatabasePath((dbPath) =>
      withWriter({ dbPath }, async (store) => {
        insert(store, Array.from({ length: 10 }, (_, n) => callAt(START + n, `${n}`)));
        const { change } = (await allRows(dbPath)).find(({ id }) => id === "2")!;
        const run = (keepUnshippedRows: number) => {
          let lost = 0;
          const unshipped = { shipped: change as number, onDeleted: (rows: number) => lost = rows };
          [...store.retention(
            { retentionDays: 0, maxRows: 4, keepUnshippedRows },
            START,
            unshipped,
          )];
          return lost;
        };
        const ids = async () => (await allRows(dbPath)).map(({ id }) => id).join("");
        assert.equal(run(7), 0);
        assert.equal(await ids(), "3456789");
        assert.equal(run(6), 1);
        assert.equal(await ids(), "456789");
        assert.equal(run(0), 2);
        assert.equal(await ids(), "6789");
      })
    ),
});

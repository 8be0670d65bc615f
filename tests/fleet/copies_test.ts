/** A log and its copies: whatever was restored or copied, no row is lost in PostgreSQL. */

import assert from "node:assert/strict";
import { AuditStore } from "../../src/audit/store.ts";
import {
  logFileMark,
  readShippingState,
  writeShippingState,
} from "../../src/audit/shipping_state.ts";
import { callAt, insert, withDatabasePath } from "../audit/support.ts";
import { type Fleet, shipped, withFleet, withShipping } from "./fleet.ts";
import { HAS_POSTGRES } from "./postgres.ts";

const ignore = !HAS_POSTGRES, START = Date.UTC(2026, 10, 22, 17);

/** Writes calls with these ids, as a gateway that ends afterwards. */
function write(dbPath: string, ...ids: string[]): void {
  const store = new AuditStore(dbPath, { durability: "batched" });
  insert(store, ids.map((id) => callAt(START, id)));
  store.close();
}

async function ship({ settings }: Fleet, dbPath = settings.dbPath): Promise<void> {
  await withShipping({ ...settings, dbPath }, () => shipped(dbPath).then(() => {}));
}

async function idsThere({ postgres }: Fleet): Promise<string> {
  const rows = await postgres.query("SELECT id FROM agentgate.calls ORDER BY id");
  return rows.map(({ id }) => id).join(" ");
}

/** Another log that looks the same from outside: a machine's disk was copied as a whole. */
async function copyDisk(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  writeShippingState(to, { ...readShippingState(from)!, file: logFileMark(to) });
}

Deno.test({
  name: "a machine that was copied with its log ships its own calls, and so does the other",
  ignore,
  fn: () =>
    withFleet({}, (fleet) =>
      withDatabasePath(async (copy) => {
        const { dbPath } = fleet;
        write(dbPath, "a1", "a2");
        await ship(fleet);
        await copyDisk(dbPath, copy);
        // The copy has more changes than the other has shipped: numbers alone tell nothing.
        write(dbPath, "b1", "b2");
        write(copy, "c1", "c2", "c3");
        await ship(fleet);
        await ship(fleet, copy);
        assert.equal(await idsThere(fleet), "a1 a2 b1 b2 c1 c2 c3");
        assert.notEqual(readShippingState(copy)!.source, readShippingState(dbPath)!.source);
        write(dbPath, "b3");
        write(copy, "c4");
        await ship(fleet, copy);
        await ship(fleet);
        assert.equal(await idsThere(fleet), "a1 a2 b1 b2 b3 c1 c2 c3 c4");
        assert.equal((await fleet.postgres.query("SELECT FROM agentgate.sources")).length, 2);
      })),
});

Deno.test({
  name: "a log whose file was overwritten by a backup of it ships what it has written since",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { dbPath } = fleet;
      write(dbPath, "a1", "a2");
      await Deno.copyFile(dbPath, `${dbPath}.backup`);
      write(dbPath, "lost1", "lost2");
      await ship(fleet);
      const { file } = readShippingState(dbPath)!;
      await Deno.copyFile(`${dbPath}.backup`, dbPath);
      assert.equal(logFileMark(dbPath), file);
      write(dbPath, "b1", "b2", "b3");
      await ship(fleet);
      assert.equal(await idsThere(fleet), "a1 a2 b1 b2 b3 lost1 lost2");
    }),
});

Deno.test({
  name: "a log of which retention has deleted all that was shipped goes on as the same",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { dbPath, postgres } = fleet;
      write(dbPath, "a1", "a2");
      await ship(fleet);
      const store = new AuditStore(dbPath, { durability: "batched" });
      [...store.retention({ retentionDays: 1, maxRows: 0 }, START)];
      insert(store, [callAt(START, "b1")]);
      [...store.retention({ retentionDays: 0, maxRows: 1 }, START)];
      store.close();
      await ship(fleet);
      assert.equal(await idsThere(fleet), "a1 a2 b1");
      assert.equal((await postgres.query("SELECT FROM agentgate.sources")).length, 1);
    }),
});

Deno.test({
  name: "a PostgreSQL that has lost its last batches gets them once more",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { dbPath, postgres, settings } = fleet;
      write(dbPath, "a");
      await withShipping(settings, async () => {
        await shipped(dbPath);
        await postgres.query("CREATE TABLE public.backup AS SELECT * FROM agentgate.sources");
        write(dbPath, "b");
        await shipped(dbPath);
        // As a standby that took over before it had heard of them.
        await postgres.query(`DELETE FROM agentgate.calls WHERE id = 'b'`);
        await postgres.query(`UPDATE agentgate.sources SET (shipped_change, newest_id) =
          (SELECT shipped_change, newest_id FROM public.backup)`);
        write(dbPath, "c");
        await shipped(dbPath);
      });
      assert.equal(await idsThere(fleet), "a b c");
    }),
});

Deno.test({
  name: "rows that only another program can have written are in nobody's way",
  ignore,
  fn: () =>
    withFleet({}, async (fleet) => {
      const { dbPath, postgres } = fleet, long = "x".repeat(9000);
      const store = new AuditStore(dbPath, { durability: "batched" });
      insert(store, ["none", "huge", "vast", "long", "bytes"].map((id) => callAt(START, id)));
      store.close();
      const { DatabaseSync } = await import("node:sqlite");
      const db = new DatabaseSync(dbPath);
      db.exec(`UPDATE tool_invocations SET id = NULL WHERE id = 'none';
        UPDATE tool_invocations SET latency_us = 9223372036854775807 WHERE id = 'huge';
        UPDATE tool_invocations SET latency_us = 1e300 WHERE id = 'vast';
        UPDATE tool_invocations SET id = '${long}' WHERE id = 'long';
        UPDATE tool_invocations SET detail = CAST(x'ff00eda080' AS TEXT), result = x'ff00'
          WHERE id = 'bytes'`);
      db.close();
      await ship(fleet);
      const rows = await postgres.query(
        "SELECT id, latency_us::text AS us, result FROM agentgate.calls ORDER BY id",
      );
      assert.deepEqual(rows.map(({ id }) => id), ["bytes", "huge", "vast"]);
      assert.equal(rows[0].result, "\uFFFD\uFFFD");
      assert.deepEqual(rows.map(({ us }) => us).slice(1), ["9223372036854775807", null]);
    }),
});

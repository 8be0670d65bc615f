import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { Batch } from "../../src/audit/batch.ts";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { missingIndices } from "../../src/audit/indices.ts";
import { openDatabase } from "../../src/audit/schema.ts";
import { AuditStore } from "../../src/audit/store.ts";
import {
  callAt,
  createOriginalDatabase,
  ended,
  insert,
  MAX_PAYLOAD,
  NOW,
  startedCall,
  withConnection,
  withDatabasePath,
  withStore,
} from "./support.ts";

function changesOf(db: DatabaseSync): unknown[] {
  return db.prepare("SELECT change FROM tool_invocations ORDER BY rowid").all()
    .map(({ change }) => change);
}

Deno.test("AuditStore.write gives each row the next change number, and a new one when it ends", () =>
  withStore((store, path) =>
    withConnection(path, (db) => {
      const open = startedCall({ id: "open" });
      insert(store, [open, callAt(NOW, "b")]);
      const [first, second] = changesOf(db) as number[];
      assert.equal(second, first! + 1);
      const later = new Batch();
      later.end(ended(open), MAX_PAYLOAD);
      store.write(later.rows, later.completions);
      assert.deepEqual(changesOf(db), [first! + 2, second]);
    })
  ));

Deno.test("a change number never comes again, though the newest rows are deleted", () =>
  withStore((store, path) =>
    withConnection(path, (db) => {
      insert(store, [callAt(NOW)]);
      const [before] = changesOf(db) as number[];
      db.exec("DELETE FROM tool_invocations");
      insert(store, [callAt(NOW)]);
      assert.deepEqual(changesOf(db), [before! + 1]);
    })
  ));

Deno.test("a row that an older AgentGate completes gets a new change number", () =>
  withStore((store, path) =>
    withConnection(path, (db) => {
      insert(store, [startedCall()]);
      const [before] = changesOf(db) as number[];
      db.exec("UPDATE tool_invocations SET outcome = 'ok', status = 'allowed'");
      assert.deepEqual(changesOf(db), [before! + 1]);
    })
  ));

Deno.test("an index that was of other columns is built anew", () =>
  withDatabasePath((path) => {
    const open = () => openDatabase(path, { durability: "batched" });
    const sqlOf = "SELECT sql FROM sqlite_schema WHERE name = 'idx_invocations_refused'";
    const before = open(), wanted = before.prepare(sqlOf).get()!.sql;
    before.exec(`DROP INDEX idx_invocations_refused;
      CREATE INDEX idx_invocations_refused ON tool_invocations (status)`);
    before.close();
    const after = open();
    assert.equal(after.prepare(sqlOf).get()!.sql, wanted);
    assert.deepEqual(missingIndices(after), []);
    after.close();
    return Promise.resolve();
  }));

Deno.test("AuditStore.buildIndex builds what a large database lacks, one at a time", () =>
  withDatabasePath((path) => {
    const status = "allowed";
    const rows = AUDIT_BOUNDS.smallRows + 1;
    createOriginalDatabase(path, []);
    const writer = openDatabase(path, { durability: "batched" });
    writer.exec(`DROP INDEX idx_invocations_change; DROP INDEX idx_invocations_refused;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
      INSERT INTO tool_invocations (id, timestamp, server_name, tool_name, status)
      SELECT i, '2026', 's', 't', '${status}' FROM n`);
    writer.close();
    const store = new AuditStore(path, { durability: "batched" });
    const missing = () => withConnection(path, (db) => missingIndices(db).length);
    return missing().then(async (count) => {
      assert.equal(count, 2); // the start has not waited for them
      store.buildIndex();
      assert.equal(await missing(), 1);
      assert.ok(store.lacksIndex);
      store.buildIndex();
      assert.ok(!store.lacksIndex);
      store.close();
    });
  }));

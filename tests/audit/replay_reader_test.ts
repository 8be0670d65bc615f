import assert from "node:assert/strict";
import { AuditError } from "../../src/audit/audit_error.ts";
import { type ReplayFilter, ReplayReader } from "../../src/audit/replay_reader.ts";
import { callAt, insert, NOW, withConnection, withStore } from "./support.ts";

Deno.test("ReplayReader does not take rows that cannot be read for the end of the log", () =>
  withStore(async (store, path) => {
    insert(store, ["a", "b", "c"].map((id, n) => callAt(NOW + n, id)));
    const idsOf = (filter: ReplayFilter) => {
      using log = new ReplayReader(path);
      return [...log.rows(filter, false)].map(({ row }) => row.id);
    };
    assert.deepEqual(idsOf({}), ["a", "b", "c"]);
    assert.deepEqual(idsOf({ limit: 2 }), ["b", "c"]);
    // More than a number holds: only another program can have written it.
    await withConnection(path, (db) => {
      db.exec("UPDATE tool_invocations SET mono_us = 9007199254740993 WHERE id = 'b'");
    });
    assert.throws(
      () => idsOf({}),
      (fault: Error) =>
        fault instanceof AuditError && /of 3 rows only 1 can be read/.test(fault.message),
    );
  }));

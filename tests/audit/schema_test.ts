import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AuditError } from "../../src/audit/audit_error.ts";
import { openDatabase, pragmaNumber, SCHEMA_VERSION } from "../../src/audit/schema.ts";
import { allRows, createOriginalDatabase, withDatabasePath } from "./support.ts";

const BATCHED = { durability: "batched" } as const;

function columnsOf(db: DatabaseSync): unknown[] {
  return db.prepare("SELECT name FROM pragma_table_info('tool_invocations')").all()
    .map(({ name }) => name);
}

function indicesOf(db: DatabaseSync): unknown[] {
  return db.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name").all()
    .map(({ name }) => name);
}

Deno.test("openDatabase creates the folder, a file for its owner alone, and the table", () =>
  withDatabasePath((path) => {
    const nested = join(dirname(path), "a", "b", "logs.db");
    const db = openDatabase(nested, BATCHED);
    assert.equal(pragmaNumber(db, "user_version"), SCHEMA_VERSION);
    assert.equal(pragmaNumber(db, "auto_vacuum"), 2);
    assert.equal(pragmaNumber(db, "synchronous"), 1);
    assert.equal(db.prepare("PRAGMA journal_mode").get()?.journal_mode, "wal");
    assert.deepEqual(columnsOf(db).slice(0, 11), [
      "id",
      "timestamp",
      "agent_id",
      "session_id",
      "server_name",
      "tool_name",
      "arguments",
      "result",
      "latency_ms",
      "status",
      "policy_hit",
    ]);
    db.close();
    if (Deno.build.os !== "windows") assert.equal(Deno.statSync(nested).mode! & 0o777, 0o600);
  }));

Deno.test("openDatabase flushes every transaction when strict", () =>
  withDatabasePath((path) => {
    const db = openDatabase(path, { durability: "strict" });
    assert.equal(pragmaNumber(db, "synchronous"), 2);
    db.close();
  }));

Deno.test("openDatabase upgrades a database of the original in place", () =>
  withDatabasePath(async (path) => {
    createOriginalDatabase(path, [
      { id: "a", status: "allowed" },
      { id: "d", status: "denied", policyHit: "no-rm-rf" },
      { id: "e", status: "error" },
      { id: "c", status: "error", policyHit: "circuit-breaker" },
      { id: "r", status: "rate_limited", policyHit: "global" },
      { id: "x", status: "something else" },
    ]);
    const upgraded = openDatabase(path, BATCHED);
    const fresh = openDatabase(path + ".fresh", BATCHED);
    assert.equal(pragmaNumber(upgraded, "user_version"), SCHEMA_VERSION);
    assert.equal(pragmaNumber(upgraded, "auto_vacuum"), 2);
    assert.deepEqual(columnsOf(upgraded), columnsOf(fresh));
    assert.deepEqual(indicesOf(upgraded), indicesOf(fresh));
    upgraded.close();
    fresh.close();
    const rows = await allRows(path);
    assert.deepEqual(
      rows.map(({ id, outcome }) => [id, outcome]),
      [
        ["a", "ok"],
        ["d", "denied"],
        ["e", "error"],
        ["c", "circuit_open"],
        ["r", "rate_limited"],
        ["x", "unknown"],
      ],
    );
    const { timestamp, status, policy_hit, arguments: args, latency_ms } = rows[1]!;
    assert.deepEqual([timestamp, status, policy_hit, args, latency_ms], [
      "2026-11-22T17:52:54.170123456+00:00",
      "denied",
      "no-rm-rf",
      '{"a":1}',
      7,
    ]);
  }));

Deno.test("openDatabase upgrades while the original still has the file open", () =>
  withDatabasePath((path) => {
    createOriginalDatabase(path, [{ id: "a", status: "allowed" }]);
    const original = new DatabaseSync(path);
    original.exec("BEGIN; SELECT * FROM tool_invocations"); // a reader: the file is not rewritten now
    const db = openDatabase(path, BATCHED);
    assert.equal(pragmaNumber(db, "user_version"), SCHEMA_VERSION);
    original.exec(`COMMIT; INSERT OR REPLACE INTO tool_invocations
      (id, timestamp, server_name, tool_name, status) VALUES ('b', 't', 's', 'x', 'allowed')`);
    original.close();
    db.close();
  }));

Deno.test({
  name: "openDatabase takes the rights of others off the files, and leaves the folder alone",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withDatabasePath((path) => {
      createOriginalDatabase(path, [{ id: "a", status: "allowed" }]);
      const folder = dirname(path), link = path + ".link";
      Deno.chmodSync(folder, 0o755);
      Deno.symlinkSync(path, link);
      using original = new DatabaseSync(path);
      original.exec("UPDATE tool_invocations SET tool_name = 'x'");
      const files = ["", "-wal", "-shm"].map((end) => path + end);
      for (const file of files) Deno.chmodSync(file, 0o666);
      openDatabase(link, BATCHED).close();
      const modes = [...files, folder].map((file) => Deno.statSync(file).mode! & 0o777);
      assert.deepEqual(modes, [0o600, 0o600, 0o600, 0o755]);
    }),
});

Deno.test("openDatabase leaves an up-to-date database alone", () =>
  withDatabasePath((path) => {
    openDatabase(path, BATCHED).close();
    const before = Deno.readFileSync(path);
    openDatabase(path, BATCHED).close();
    assert.deepEqual(Deno.readFileSync(path), before);
  }));

Deno.test("openDatabase refuses a database of a newer AgentGate", () =>
  withDatabasePath((path) => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    assert.throws(() => openDatabase(path, BATCHED), (error) => {
      assert(error instanceof AuditError);
      assert.equal(error.code, "newer_schema");
      assert.match(error.message, /made by a newer AgentGate/);
      assert(error.message.includes(path));
      return true;
    });
  }));

Deno.test("openDatabase refuses a file that is not a database, and leaves it as it was", () =>
  withDatabasePath((path) => {
    const text = "Dear diary, today I was mistaken for a database.\n".repeat(100);
    Deno.writeTextFileSync(path, text);
    assert.throws(() => openDatabase(path, BATCHED), (error) => {
      assert(error instanceof AuditError);
      assert.equal(error.code, "not_a_database");
      assert(error.message.includes(path));
      return true;
    });
    assert.equal(Deno.readTextFileSync(path), text);
  }));

Deno.test("openDatabase says which path cannot be opened", () =>
  withDatabasePath((path) => {
    Deno.writeTextFileSync(path, "");
    const below = join(path, "logs.db");
    assert.throws(() => openDatabase(below, BATCHED), (error) => {
      assert(error instanceof AuditError);
      assert.equal(error.code, "unavailable");
      assert(error.message.includes(below));
      return true;
    });
  }));

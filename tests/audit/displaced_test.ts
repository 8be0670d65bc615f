import assert from "node:assert/strict";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { gatewayId } from "../../src/audit/gateway_id.ts";
import { AuditStore } from "../../src/audit/store.ts";
import { WatchedStore } from "../../src/audit/watched_store.ts";
import { Batch } from "../../src/audit/batch.ts";
import {
  allRows,
  ended,
  MAX_PAYLOAD,
  MemoryLog,
  startedCall,
  tapCall,
  tell,
  type TestCall,
  withAuditLog,
  withConnection,
  withDatabasePath,
} from "./support.ts";

/** What is done to the files of an open database, and the part that is said to be displaced. */
const DEEDS: Readonly<Record<string, readonly [(path: string) => void, part: string]>> = {
  "-wal is removed": [(path) => Deno.removeSync(`${path}-wal`), "write-ahead log"],
  "-shm is removed": [(path) => Deno.removeSync(`${path}-shm`), "shared memory"],
  "-wal and -shm are removed": [(path) => {
    Deno.removeSync(`${path}-wal`);
    Deno.removeSync(`${path}-shm`);
  }, "write-ahead log"],
  "-wal is moved away": [
    (path) => Deno.renameSync(`${path}-wal`, `${path}-wal.old`),
    "write-ahead log",
  ],
  "-wal is replaced by a copy": [(path) => {
    Deno.copyFileSync(`${path}-wal`, `${path}.copy`);
    Deno.renameSync(`${path}.copy`, `${path}-wal`);
  }, "write-ahead log"],
  "-wal is replaced by something else": [(path) => {
    Deno.removeSync(`${path}-wal`);
    Deno.writeTextFileSync(`${path}-wal`, "no log at all ".repeat(10_000));
  }, "write-ahead log"],
  "-wal is emptied": [(path) => Deno.truncateSync(`${path}-wal`), "write-ahead log"],
};

/** Runs `body` with a store, whose files nobody has closed when it is over. */
async function withWatchedStore(
  body: (store: WatchedStore, path: string, parts: string[]) => unknown,
): Promise<void> {
  await withDatabasePath(async (path) => {
    const parts: string[] = [];
    const store = new WatchedStore(
      (options) => new AuditStore(path, { durability: "batched", ...options }),
      (part) => parts.push(part),
    );
    try {
      await body(store, path, parts);
    } finally {
      store.close();
    }
  });
}

function write(store: WatchedStore, ...calls: TestCall[]): void {
  const batch = new Batch();
  const origin = { serverName: "files", sessionId: "s", gateway: gatewayId(), run: "r" };
  for (const call of calls) {
    batch.start(call, origin, 2 * 1024 * 1024);
    if (call.record.outcome !== "open") batch.end(call, MAX_PAYLOAD);
  }
  assert.equal(store.write(batch), 0);
}

/** Ids in the database as it would be after a SIGKILL now: a copy of its files, opened anew. */
async function idsAfterKill(path: string): Promise<unknown[]> {
  const copy = `${path}.killed`;
  for (const end of ["", "-wal"]) {
    await Deno.remove(copy + end).catch(() => {});
    await Deno.copyFile(path + end, copy + end).catch(() => {});
  }
  return (await allRows(copy)).map(({ id }) => id);
}

const doneCall = (id: string) => ended(startedCall({ id }));

for (const [what, [deed, part]] of Object.entries(DEEDS)) {
  Deno.test({
    name: `WatchedStore loses no row when ${what}, and says so`,
    ignore: Deno.build.os === "windows", // such files cannot be removed there
    fn: () =>
      withWatchedStore(async (store, path, parts) => {
        write(store, doneCall("1"));
        assert.ok(store.prove());
        write(store, doneCall("2"));
        deed(path);
        write(store, doneCall("3"));
        assert.deepEqual(await idsAfterKill(path), ["1", "2", "3"]);
        deed(path);
        assert.ok(store.prove());
        assert.deepEqual(await idsAfterKill(path), ["1", "2", "3"]);
        write(store, doneCall("4"));
        assert.deepEqual(await idsAfterKill(path), ["1", "2", "3", "4"]);
        assert.deepEqual(parts, [part, part]);
        await withConnection(path, (db) => {
          assert.equal(db.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
        });
      }),
  });
}

Deno.test("WatchedStore carries open calls into the file that takes the place of a removed one", () =>
  withWatchedStore(async (store, path, parts) => {
    const open = startedCall({ id: "open" });
    write(store, open, doneCall("done"));
    assert.ok(store.prove());
    write(store, doneCall("not proven"));
    for (const end of ["", "-wal", "-shm"]) Deno.removeSync(path + end);
    const batch = new Batch();
    batch.end(ended(open, "tool_error"), MAX_PAYLOAD);
    assert.equal(store.write(batch), 0);
    assert.deepEqual(
      (await allRows(path)).map(({ id, tool_name, outcome }) => [id, tool_name, outcome]),
      [["open", "read_file", "tool_error"], ["not proven", "read_file", "ok"]],
    );
    assert.deepEqual(parts, ["database"]);
  }));

Deno.test("WatchedStore goes on in a file that was put in the place of its own", () =>
  withWatchedStore(async (store, path, parts) => {
    write(store, doneCall("early"));
    assert.ok(store.prove());
    Deno.copyFileSync(path, `${path}.backup`);
    write(store, doneCall("late"));
    Deno.renameSync(`${path}.backup`, path);
    write(store, doneCall("later"));
    assert.deepEqual(parts, ["database"]);
    assert.deepEqual((await allRows(path)).map(({ id }) => id), ["early", "late", "later"]);
  }));

Deno.test("WatchedStore keeps what it has while its folder is gone, and writes it when it is back", () =>
  withWatchedStore(async (store, path) => {
    write(store, doneCall("1"));
    const folder = path.slice(0, path.lastIndexOf("/"));
    Deno.renameSync(folder, `${folder}.away`);
    Deno.writeTextFileSync(folder, "");
    assert.throws(() => write(store, doneCall("2")), /Not a directory/);
    assert.throws(() => store.prove());
    Deno.removeSync(folder);
    write(store, doneCall("2"));
    assert.deepEqual((await allRows(path)).map(({ id }) => id), ["1", "2"]);
    Deno.removeSync(`${folder}.away`, { recursive: true });
  }));

Deno.test("WatchedStore lets the oldest unproven batches go at its bound", () =>
  withWatchedStore(async (store, path) => {
    await withConnection(path, (reader) => {
      reader.exec("BEGIN; SELECT count(*) FROM tool_invocations"); // so that nothing is proven
      const payload = 1024 * 1024, argumentsText = JSON.stringify("x".repeat(payload - 514));
      for (let n = 1; n <= 20; n++) {
        write(store, startedCall({ argumentsText }));
        assert.ok(!store.prove());
        assert.equal(store.unprovenBytes, Math.min(n * payload, AUDIT_BOUNDS.unprovenBytes));
      }
    });
    assert.ok(store.prove());
    assert.equal(store.unprovenBytes, 0);
  }));

Deno.test("WatchedStore takes a log that another checkpoint has emptied for whole", () =>
  withWatchedStore(async (store, path, parts) => {
    write(store, doneCall("1"), doneCall("2"));
    await withConnection(path, (db) => db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    write(store, doneCall("3"));
    assert.deepEqual(parts, []);
    assert.equal((await allRows(path)).length, 3);
  }));

Deno.test("AuditLog proves what it has written a second later, and says what was displaced", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log }, async (audit) => {
      tapCall(audit, startedCall({ id: "1" }));
      await audit.flush();
      Deno.removeSync(`${path}-wal`);
      await log.logged("write-ahead log was removed or replaced"); // with no call to notice it
      assert.equal(log.lines[0]?.level, "warn");
      while (!await holds(path, "1")) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
  }));

/** Whether the database file alone holds a row. */
async function holds(path: string, id: string): Promise<boolean> {
  await Deno.copyFile(path, `${path}.alone`);
  return (await allRows(`${path}.alone`)).some((row) => row.id === id);
}

Deno.test("AuditLog says when a call ends whose row somebody has deleted", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log }, async (audit) => {
      const call = startedCall();
      tell(audit, "call_started", call);
      await audit.flush();
      await withConnection(path, (db) => db.exec("DELETE FROM tool_invocations"));
      tell(audit, "call_ended", ended(call));
      await log.logged("whose rows are no longer in the audit log");
      assert.equal(log.find("whose rows")?.fields.calls, 1);
    });
  }));

import assert from "node:assert/strict";
import { AuditLog } from "../../src/audit/audit_log.ts";
import { Batch } from "../../src/audit/batch.ts";
import { gatewayId } from "../../src/audit/gateway_id.ts";
import { readSpill, SpillFile } from "../../src/audit/spill_file.ts";
import { newSpillPath, spillFilesOf, writerOfSpill } from "../../src/audit/spill_files.ts";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import {
  allRows,
  auditOptions,
  ended,
  MAX_PAYLOAD,
  MemoryLog,
  startedCall,
  tapCall,
  tell,
  withAuditLog,
  withBrokenTable,
  withConnection,
  withDatabasePath,
} from "./support.ts";

const posix = Deno.build.os !== "windows";

/** Closes a log while another program has the database's lock; gives the time that took. */
async function closeLocked(path: string, audit: AuditLog, timeoutMs?: number): Promise<number> {
  return await withConnection(path, async (db) => {
    db.exec("BEGIN IMMEDIATE");
    const begun = performance.now();
    await audit.close(timeoutMs);
    db.exec("ROLLBACK");
    return performance.now() - begun;
  });
}

/** Opens a log on the database, and closes it. */
async function nextStart(path: string): Promise<MemoryLog> {
  const log = new MemoryLog();
  await withAuditLog({ path, log }, () => {});
  return log;
}

Deno.test("AuditLog.close under a lock spills rows and ends, and the next start takes them in", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    const audit = await AuditLog.open(auditOptions({ path, log }));
    const long = startedCall({ id: "long" });
    tell(audit, "call_started", long);
    await audit.flush();
    await withConnection(path, async (db) => {
      db.exec("BEGIN IMMEDIATE");
      tell(audit, "call_ended", ended(long, "tool_error", '{"late":"é"}'));
      const text = JSON.stringify({ pad: "x".repeat(2 * MAX_PAYLOAD), deed: "rm" });
      for (let n = 0; n < 50; n++) tapCall(audit, startedCall({ id: `${n}`, argumentsText: text }));
      tell(audit, "call_started", startedCall({ id: "open" }));
      const begun = performance.now();
      assert.equal(await audit.close(), false);
      assert.ok(performance.now() - begun <= AUDIT_BOUNDS.closeTimeoutMs + 200);
      db.exec("ROLLBACK");
    });
    const [file] = spillFilesOf(path);
    assert.equal(log.find("wait beside the audit log")?.fields.file, file);
    if (posix) assert.equal(Deno.statSync(file!).mode! & 0o777, 0o600);
    assert.equal((await allRows(path)).length, 1);

    const next = await nextStart(path);
    assert.ok(Number(next.find("are in the audit log now")?.fields.records) >= 52);
    const rows = new Map((await allRows(path)).map((row) => [row.id, row]));
    assert.equal(rows.size, 52);
    const { outcome, result, arguments: args } = rows.get("long")!;
    assert.deepEqual([outcome, result, args], [
      "tool_error",
      '{"late":"é"}',
      '{"path":"/etc/hosts"}',
    ]);
    assert.match(String(rows.get("7")?.arguments), /"sha256".*"deed":"rm"/);
    assert.equal(rows.get("open")?.outcome, "unknown"); // its gateway is gone
    assert.deepEqual(spillFilesOf(path), []);
    assert.deepEqual((await nextStart(path)).lines, []);
  }));

Deno.test("AuditLog.close waits for a lock that is released in time", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    const audit = await AuditLog.open(auditOptions({ path, log }));
    await withConnection(path, async (db) => {
      db.exec("BEGIN IMMEDIATE");
      tapCall(audit);
      const closed = audit.close();
      while (spillFilesOf(path).length === 0) await new Promise((done) => setTimeout(done, 5));
      db.exec("ROLLBACK");
      assert.equal(await closed, true);
    });
    assert.equal((await allRows(path)).length, 1);
    assert.deepEqual([log.lines, spillFilesOf(path)], [[], []]);
  }));

Deno.test("AuditLog.close spills within the shortest of budgets", () =>
  withDatabasePath(async (path) => {
    const maxPayloadBytes = 1024 * 1024;
    const audit = await AuditLog.open(auditOptions({ path, maxPayloadBytes }));
    const argumentsText = JSON.stringify("x".repeat(maxPayloadBytes - 2));
    for (let n = 0; n < 15; n++) tapCall(audit, startedCall({ argumentsText }));
    const took = await closeLocked(path, audit, 300);
    assert.ok(took < 1000, `${took} ms`);
    await nextStart(path);
    assert.equal((await allRows(path)).length, 15);
  }));

Deno.test("AuditLog under a lock has rows in its spill file within 50 ms, should it be killed", () =>
  withDatabasePath(async (path) => {
    await withAuditLog({ path }, async (audit) => {
      await withConnection(path, async (db) => {
        db.exec("BEGIN IMMEDIATE");
        tapCall(audit, startedCall({ id: "1" }));
        const begun = performance.now();
        const spilled = () =>
          spillFilesOf(path).flatMap((file) => readSpill(file).entries).map((entry) =>
            "row" in entry ? entry.row.id : null
          );
        while (!spilled().includes("1")) await new Promise((done) => setTimeout(done, 1));
        assert.ok(performance.now() - begun < 500);
        db.exec("ROLLBACK");
      });
      await audit.flush();
      while (spillFilesOf(path).length > 0) await new Promise((done) => setTimeout(done, 5));
      assert.equal((await allRows(path)).length, 1);
    });
  }));

Deno.test("AuditLog.close says so, and returns false, when records go nowhere", () =>
  withDatabasePath(async (path) => {
    for (const required of [true, false]) {
      const log = new MemoryLog();
      const audit = await AuditLog.open(auditOptions({ path, log, required }));
      const folder = path.slice(0, path.lastIndexOf("/"));
      tapCall(audit, startedCall({ id: "1" }));
      await audit.flush();
      Deno.renameSync(folder, `${folder}.away`);
      Deno.writeTextFileSync(folder, "");
      tapCall(audit);
      assert.equal(await audit.close(300), !required);
      assert.equal(log.find("incomplete")?.level, "error");
      Deno.removeSync(folder);
      Deno.renameSync(`${folder}.away`, folder);
    }
  }));

/** A batch of one call that has ended, and of the end of another. */
function batchOf(id: string, endOf = "nobody"): Batch {
  const batch = new Batch(),
    origin = { serverName: "files", sessionId: "s", gateway: "host/1", run: "r" };
  const call = ended(startedCall({ id }));
  batch.start(call, origin, MAX_PAYLOAD);
  batch.end(call, MAX_PAYLOAD);
  batch.end(ended(startedCall({ id: endOf }), "cancelled"), MAX_PAYLOAD);
  return batch;
}

/** A spill file of a gateway that is gone, as it would be left behind. */
function leaveSpill(path: string, ...batches: Batch[]): string {
  const file = new SpillFile(path);
  for (const batch of batches) file.append(batch);
  return file.path!;
}

Deno.test("AuditLog.open takes a spill file in once, whatever is killed in between", () =>
  withDatabasePath(async (path) => {
    const file = leaveSpill(path, batchOf("1"), batchOf("2", "1"));
    const content = Deno.readFileSync(file);
    for (let start = 0; start < 3; start++) {
      Deno.writeFileSync(file, content); // as if nobody had come to removing it
      await nextStart(path);
      assert.deepEqual(
        (await allRows(path)).map(({ id, outcome }) => [id, outcome]),
        [["1", "cancelled"], ["2", "ok"]],
      );
      assert.deepEqual(spillFilesOf(path), []);
    }
  }));

Deno.test("AuditLog.open takes in what a kill has cut off, up to there", () =>
  withDatabasePath(async (path) => {
    const file = leaveSpill(path, batchOf("1"), batchOf("2"));
    const bytes = Deno.readFileSync(file);
    for (let cut = bytes.length - 1; cut >= 0; cut -= 97) {
      Deno.writeFileSync(file, bytes.subarray(0, cut));
      const whole = readSpill(file);
      assert.equal(whole.unreadable, 0);
      const lines = new TextDecoder().decode(bytes.subarray(0, cut)).split("\n").length - 1;
      assert.equal(whole.entries.length, lines);
    }
    await nextStart(path);
    assert.deepEqual(spillFilesOf(path), []);
  }));

Deno.test("AuditLog.open leaves what it cannot read, says so, and takes in the rest", () =>
  withDatabasePath(async (path) => {
    const file = leaveSpill(path, batchOf("1"));
    const lines = [
      "no JSON",
      "null",
      "{}",
      '{"row":{"id":"x"}}',
      '{"row":{"id":{}}}',
      '{"end":[1]}',
    ];
    Deno.writeTextFileSync(file, lines.join("\n") + "\n", { append: true });
    const log = await nextStart(path);
    assert.equal(log.find("cannot be taken in")?.fields.reason, "6 of its lines cannot be read");
    assert.deepEqual((await allRows(path)).map(({ id }) => id), ["1"]);
    assert.deepEqual(spillFilesOf(path), [file]);
  }));

Deno.test({
  name: "AuditLog.open takes in no file that is a link, or that others could have put there",
  ignore: !posix,
  fn: () =>
    withDatabasePath(async (path) => {
      const file = leaveSpill(path, batchOf("1"));
      Deno.renameSync(file, `${path}.elsewhere`);
      Deno.symlinkSync(`${path}.elsewhere`, file);
      const log = await nextStart(path);
      assert.match(String(log.find("cannot be taken in")?.fields.reason), /this user's own/);
      assert.equal((await allRows(path)).length, 0);
    }),
});

Deno.test("AuditLog.open leaves the spill file of a gateway that lives", () =>
  withDatabasePath(async (path) => {
    const alive = new Deno.Command(Deno.execPath(), {
      args: ["eval", "await Deno.stdin.read(new Uint8Array(1))"],
      stdin: "piped",
    }).spawn();
    const file = leaveSpill(path, batchOf("1"));
    const theirs = file.replace(`-${Deno.pid}-`, `-${alive.pid}-`);
    Deno.renameSync(file, theirs);
    assert.deepEqual((await nextStart(path)).lines, []);
    assert.deepEqual(spillFilesOf(path), [theirs]);
    await alive.stdin.close();
    await alive.status;
    await nextStart(path);
    assert.equal((await allRows(path)).length, 1);
    assert.deepEqual(spillFilesOf(path), []);
  }));

Deno.test("AuditLog.open starts under a lock, and takes in what was spilled when it is gone", () =>
  withDatabasePath(async (path) => {
    await nextStart(path);
    leaveSpill(path, batchOf("1"));
    const log = new MemoryLog();
    await withConnection(path, async (db) => {
      db.exec("BEGIN IMMEDIATE");
      const audit = await AuditLog.open(auditOptions({ path, log }));
      db.exec("ROLLBACK");
      await log.logged("are in the audit log now");
      await audit.close();
    });
    assert.equal((await allRows(path)).length, 1);
  }));

Deno.test("AuditLog whose writes fail keeps its records in the spill file, and that only as long", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log }, async (audit) => {
      await withBrokenTable(path, async () => {
        tapCall(audit, startedCall({ id: "1" }));
        await log.logged("cannot be written");
        assert.equal(readSpill(spillFilesOf(path)[0]!).entries.length, 1);
        tapCall(audit, startedCall({ id: "2" }));
      });
      await log.logged("written again");
      await audit.flush();
      while (spillFilesOf(path).length > 0) await new Promise((done) => setTimeout(done, 5));
      assert.equal((await allRows(path)).length, 2);
    });
  }));

Deno.test("AuditLog spills anew when somebody has removed its spill file", () =>
  withDatabasePath(async (path) => {
    const audit = await AuditLog.open(auditOptions({ path }));
    await withConnection(path, async (db) => {
      db.exec("BEGIN IMMEDIATE");
      tapCall(audit);
      while (spillFilesOf(path).length === 0) await new Promise((done) => setTimeout(done, 5));
      Deno.removeSync(spillFilesOf(path)[0]!);
      tapCall(audit);
      await audit.close(500);
      db.exec("ROLLBACK");
    });
    await nextStart(path);
    assert.equal((await allRows(path)).length, 2);
  }));

Deno.test("newSpillPath names its gateway, beside the file that a link leads to", () =>
  withDatabasePath((path) => {
    Deno.writeTextFileSync(path, "");
    if (posix) {
      Deno.symlinkSync(path, `${path}.link`);
      assert.equal(newSpillPath(`${path}.link`).indexOf(`${path}.spill-`), 0);
    }
    assert.equal(writerOfSpill(newSpillPath(path)), gatewayId());
    assert.equal(
      writerOfSpill("/x/logs.db.spill-my-host.example-12-0a1b2c3d"),
      "my-host.example/12",
    );
    for (const name of ["logs.db.spill-", "logs.db.spill-h-x-0a1b2c3d", "logs.db.spill-h-1-0a1b"]) {
      assert.equal(writerOfSpill(name), null);
    }
  }));

Deno.test("SpillFile takes a batch back that it could not write whole", () =>
  withDatabasePath((path) => {
    const file = new SpillFile(path);
    file.append(batchOf("1"));
    const before = Deno.statSync(file.path!).size;
    const broken = batchOf("2");
    const rows = { ...broken.rows, groups: [{ session: [], rows: 2 }] }; // more than there are
    assert.throws(() => file.append({ rows, completions: broken.completions, bytes: 1 }));
    assert.equal(Deno.statSync(file.path!).size, before);
    file.append(batchOf("3"));
    assert.deepEqual(
      readSpill(file.path!).entries.flatMap((entry) => "row" in entry ? [entry.row.id] : []),
      ["1", "3"],
    );
    file.remove();
    assert.deepEqual(spillFilesOf(path), []);
  }));

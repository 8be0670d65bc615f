import assert from "node:assert/strict";
import { AuditLog } from "../../src/audit/audit_log.ts";
import { AuditThread } from "../../src/audit/audit_thread.ts";
import { Batch } from "../../src/audit/batch.ts";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import type { AuditReport } from "../../src/audit/protocol.ts";
import { BatchWriter } from "../../src/audit/writer.ts";
import {
  allRows,
  auditOptions,
  ended,
  MemoryLog,
  startedCall,
  tapCall,
  tell,
  withAuditLog,
  withBrokenTable,
  withConnection,
  withDatabasePath,
} from "./support.ts";

const QUEUE_BYTES = 1024 * 1024;
const LARGE = JSON.stringify("x".repeat(60_000));
const { leanRecords } = AUDIT_BOUNDS;

/** A call that is refused because the log cannot be written. */
function refused(audit: AuditLog, argumentsText = LARGE): void {
  tapCall(audit, startedCall({ argumentsText, forwarded: false, policyHit: "audit" }), "error");
}

/** Taps a call and waits until the log is known to fail. */
async function untilFailing(audit: AuditLog, log: MemoryLog): Promise<void> {
  tapCall(audit);
  await audit.flush().catch(() => {});
  await log.logged("cannot be written");
}

Deno.test("AuditLog that fails holds nothing back, keeps lean records of refused calls, then counts", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log, queueBytes: QUEUE_BYTES }, async (audit) => {
      await withBrokenTable(path, async () => {
        await untilFailing(audit, log);
        for (let n = 0; n < leanRecords; n++) refused(audit);
        const bytes = audit.unstoredBytes;
        assert.ok(bytes > QUEUE_BYTES && bytes < 8 * QUEUE_BYTES, `${bytes} bytes`);
        for (let n = 0; n < 100_000; n++) refused(audit);
        assert.equal(audit.unstoredBytes, bytes);
        assert.equal(audit.pressure(), undefined);
      });
      await log.logged("counted and not recorded one by one");
      await audit.flush();
      const rows = await allRows(path);
      assert.equal(rows.length, 1 + leanRecords + 1);
      const { arguments: args, outcome } = rows[1]!;
      assert.deepEqual([args, outcome], [
        `{"_truncated":true,"original_size_bytes":${LARGE.length}}`,
        "error",
      ]);
      const { detail, policy_hit, forwarded, ...standIn } = rows.at(-1)!;
      assert.match(String(detail), /^stands for 100000 calls that were refused until 2026-/);
      assert.deepEqual([policy_hit, forwarded, standIn.arguments], ["audit", 0, null]);
      assert.equal(log.find("counted")?.fields.calls, 100_000);
      tapCall(audit);
      await audit.flush();
      assert.equal((await allRows(path)).length, rows.length + 1);
    });
  }));

Deno.test("AuditLog that fails counts from the first call past its bound, and anew the next time", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log }, async (audit) => {
      for (const past of [0, 1]) {
        await withBrokenTable(path, async () => {
          tapCall(audit);
          await assert.rejects(audit.flush());
          for (let n = 0; n < leanRecords + past; n++) refused(audit);
        });
        while (!audit.isIdle) await new Promise((resolve) => setTimeout(resolve, 1));
        assert.equal(log.find("counted")?.fields.calls, past === 0 ? undefined : 1);
      }
      assert.equal((await allRows(path)).length, 2 + 2 * leanRecords + 1);
    });
  }));

Deno.test("AuditLog that fails keeps whole the records of calls that ran before", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log, queueBytes: QUEUE_BYTES }, async (audit) => {
      const calls = Array.from({ length: 100 }, () => startedCall());
      for (const call of calls) tell(audit, "call_started", call);
      await audit.flush();
      await withBrokenTable(path, async () => {
        await untilFailing(audit, log);
        for (const call of calls) tell(audit, "call_ended", ended(call, "ok", LARGE));
        assert.ok(audit.unstoredBytes > 2 * QUEUE_BYTES && audit.pressure() === undefined);
      });
      await log.logged("written again");
      await audit.flush();
      const results = (await allRows(path)).slice(0, 100).map(({ result }) => result);
      assert.deepEqual(new Set(results.slice(0, 60)), new Set([LARGE]));
      // Past some queues of them, so many payloads are too many.
      assert.equal(results.at(-1), `{"_truncated":true,"original_size_bytes":${LARGE.length}}`);
    });
  }));

Deno.test("AuditLog that is not required records whole, then lean, then counts", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog(), options = { path, log, required: false, queueBytes: QUEUE_BYTES };
    await withAuditLog(options, async (audit) => {
      await withBrokenTable(path, async () => {
        await untilFailing(audit, log);
        assert.equal(audit.failing, null);
        const call = () => tapCall(audit, startedCall({ argumentsText: LARGE }), "ok");
        const long = startedCall();
        tell(audit, "call_started", long);
        for (let n = 0; n < 18 + leanRecords; n++) call();
        assert.equal(audit.pressure(), undefined);
        const bytes = audit.unstoredBytes;
        for (let n = 0; n < 1000; n++) call();
        assert.equal(audit.unstoredBytes, bytes);
        tell(audit, "call_ended", ended(long, "ok", LARGE)); // its row is kept, so is its end
      });
      await log.logged("calls were not recorded");
      await audit.flush();
      const rows = await allRows(path);
      assert.equal(rows.filter((row) => row.arguments === LARGE).length, 18);
      assert.equal(rows.filter((row) => row.outcome === "ok").length, 1 + 1 + 18 + leanRecords);
      const { detail, outcome } = rows.at(-1)!;
      assert.match(String(detail), /^stands for 1000 calls that were let through/);
      assert.equal(outcome, "unknown");
    });
  }));

Deno.test("AuditLog waits for a lock, and fails when that lasts; refusals go on, and nothing is lost", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log, queueBytes: QUEUE_BYTES }, async (audit) => {
      await withConnection(path, async (db) => {
        db.exec("BEGIN IMMEDIATE");
        tapCall(audit);
        const begun = performance.now();
        await assert.rejects(audit.flush(), /database is locked/);
        assert.ok(performance.now() - begun > AUDIT_BOUNDS.lockPatienceMs - 100);
        for (let n = 0; n < 1000; n++) refused(audit);
        assert.equal(audit.pressure(), undefined);
        db.exec("ROLLBACK");
      });
      await log.logged("written again");
      await audit.flush();
      assert.equal((await allRows(path)).length, 1001);
    });
  }));

Deno.test("AuditLog whose thread has died holds nothing back, and spills at the end", () =>
  withDatabasePath(async (path) => {
    const retention = { retentionDays: 0, maxRows: 0 }, log = new MemoryLog();
    const thread = new AuditThread({ path, durability: "batched", retention }, () => {});
    const audit = await AuditLog.open(auditOptions({ path, log, port: thread.port }));
    tapCall(audit, startedCall({ id: "stored" }));
    await audit.flush();
    thread.end();
    audit.threadDied("it fell over");
    tapCall(audit, startedCall({ id: "spilled" }));
    for (let n = 0; n < leanRecords + 10; n++) refused(audit);
    assert.equal(audit.pressure(), undefined);
    assert.equal(await audit.close(), false);
    assert.equal(log.find("wait beside the audit log")?.fields.reason, "it fell over");
    await withAuditLog({ path }, async () => {
      const rows = await allRows(path);
      assert.equal(rows.length, 1 + leanRecords + 1);
      assert.match(String(rows.at(-1)?.detail), /^stands for 11 calls/);
    });
  }));

Deno.test("BatchWriter takes a thread that does not answer for one that fails, until it does", async () => {
  const { port1, port2 } = new MessageChannel();
  const reports: string[] = [];
  let told = Promise.withResolvers<void>();
  const writer = new BatchWriter("logs.db", port1, ({ type }) => {
    reports.push(type);
    told.resolve();
  }, 20);
  const next = async () => {
    await told.promise;
    told = Promise.withResolvers();
  };
  const answer = (report: AuditReport) => port2.postMessage(report);
  const batch = new Batch();
  batch.start(startedCall(), { serverName: "s", sessionId: "1", gateway: "g", run: "r" }, 100);
  writer.post(batch);
  const stored = writer.stored();
  await assert.rejects(stored, /does not answer/);
  await next();
  assert.equal(writer.failing, "the disk does not answer");
  answer({ type: "stored", bytes: batch.bytes });
  await next();
  assert.equal(writer.failing, null);
  assert.deepEqual(reports, ["failing", "recovered", "stored"]);
  const closing = writer.close(1000);
  answer({ type: "closed", leftover: { spill: null, lostBytes: 0 } });
  assert.deepEqual(await closing, { spill: null, lostBytes: 0 });
  port2.close();
});

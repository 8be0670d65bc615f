import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { AuditThread } from "../../src/audit/audit_thread.ts";
import { join } from "node:path";
import { AuditError } from "../../src/audit/audit_error.ts";
import { AuditLog } from "../../src/audit/audit_log.ts";
import { AUDIT_BOUNDS } from "../../src/audit/bounds.ts";
import { writeShippingState } from "../../src/audit/shipping_state.ts";
import type { Outcome } from "../../src/session/call.ts";
import {
  allRows,
  auditOptions,
  ended,
  MemoryLog,
  startedCall,
  tapCall,
  tapOf,
  tell,
  withAuditLog,
  withBrokenTable,
  withConnection,
  withDatabasePath,
} from "./support.ts";

Deno.test("AuditLog writes one complete row for a call that begins and ends between two batches", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const call = tapCall(audit);
      await audit.flush();
      const rows = await allRows(path);
      assert.equal(rows.length, 1);
      assert.equal(rows[0]?.id, call.id);
      assert.equal(rows[0]?.outcome, "ok");
      assert.equal(rows[0]?.result, '{"content":[]}');
    })
  ));

Deno.test("AuditLog writes an open row for a call that lasts, and completes it", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const call = startedCall();
      tell(audit, "call_started", call);
      await audit.flush();
      const [open] = await allRows(path);
      assert.equal(open?.outcome, "open");
      assert.equal(open?.status, "allowed");
      assert.equal(open?.latency_ms, null);
      tell(audit, "call_ended", ended(call, "timed_out"));
      await audit.flush();
      const rows = await allRows(path);
      assert.equal(rows.length, 1);
      assert.equal(rows[0]?.outcome, "timed_out");
      assert.equal(rows[0]?.status, "error");
      assert.equal(rows[0]?.arguments, open?.arguments);
    })
  ));

Deno.test("AuditLog tells whether a call went on to the server, once it cannot change", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      tapCall(audit, startedCall({ forwarded: false }), "denied");
      tapCall(audit, startedCall(), "timed_out");
      tell(audit, "call_started", startedCall({ forwarded: false }));
      await audit.flush();
      assert.deepEqual((await allRows(path)).map(({ forwarded }) => forwarded), [0, 1, null]);
    })
  ));

for (const flushed of [true, false]) {
  const where = flushed ? "a stored row" : "a pending row";
  Deno.test(`AuditLog amends ${where} when a task's result passes by later`, () =>
    withDatabasePath((path) =>
      withAuditLog({ path }, async (audit) => {
        const call = tapCall(audit, startedCall(), "task");
        if (flushed) await audit.flush();
        tell(audit, "call_amended", ended(call, "ok", '{"late":true}'));
        await audit.flush();
        const rows = await allRows(path);
        assert.equal(rows.length, 1);
        assert.equal(rows[0]?.outcome, "ok");
        assert.equal(rows[0]?.result, '{"late":true}');
      })
    ));
}

Deno.test("AuditLog records a malformed message of which little is known", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const call = startedCall({
        requestId: null,
        tool: "unknown",
        client: { agentName: null, agentVersion: null, protocolVersion: null },
        arguments: null,
        outcome: "malformed",
        policyHit: "malformed",
      });
      tell(audit, "call_started", call);
      tell(audit, "call_ended", call);
      tapOf(audit)({
        type: "message_refused",
        direction: "to_server",
        reason: "not JSON",
        line: null,
      });
      await audit.flush();
      const rows = await allRows(path);
      assert.equal(rows.length, 1);
      const { status, outcome, policy_hit, request_id, agent_id, latency_us } = rows[0]!;
      assert.deepEqual([status, outcome, policy_hit, request_id, agent_id, latency_us], [
        "denied",
        "malformed",
        "malformed",
        null,
        null,
        null,
      ]);
    })
  ));

Deno.test("AuditLog writes what was tapped without being asked", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      tapCall(audit);
      assert(audit.unstoredBytes > 0);
      while (audit.unstoredBytes > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      assert.equal((await allRows(path)).length, 1);
    })
  ));

Deno.test("AuditLog writes through a thread that somebody else has started, and fails when it dies", () =>
  withDatabasePath(async (path) => {
    const retention = { retentionDays: 0, maxRows: 0 };
    const thread = new AuditThread({ path, durability: "batched", retention }, () => {});
    try {
      await withAuditLog({ path, port: thread.port }, async (audit) => {
        assert(audit.isIdle);
        tapCall(audit);
        assert(!audit.isIdle);
        await audit.flush();
        assert(audit.isIdle);
        assert.equal((await allRows(path)).length, 1);
        audit.threadDied("it fell over");
        assert.equal(audit.failing, "it fell over");
      });
    } finally {
      thread.end();
    }
  }));

Deno.test("AuditLog.tapFor records the calls of another session", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const call = startedCall();
      audit.tapFor("github", "session-2")({ type: "call_started", ...call });
      await audit.flush();
      const [row] = await allRows(path);
      assert.deepEqual([row?.server_name, row?.session_id], ["github", "session-2"]);
    })
  ));

for (const bytes of [2000, 2001]) {
  Deno.test(`AuditLog stores a payload of ${bytes} bytes when 2000 are allowed`, () =>
    withDatabasePath((path) =>
      withAuditLog({ path, maxPayloadBytes: 2000 }, async (audit) => {
        const text = JSON.stringify("é".repeat(900) + "x".repeat(bytes - 1802)); // é is two bytes
        const call = startedCall({ argumentsText: text });
        assert.equal(call.record.arguments?.byteLength, bytes);
        tell(audit, "call_started", call);
        tell(audit, "call_ended", ended(call, "ok", text));
        await audit.flush();
        const [row] = await allRows(path);
        assert.equal(row?.arguments, row?.result);
        if (bytes === 2000) return assert.equal(row?.arguments, text);
        const { original_size_bytes, sha256, abridged } = JSON.parse(String(row?.arguments));
        assert.equal(original_size_bytes, bytes);
        assert.equal(sha256, createHash("sha256").update(text).digest("hex"));
        assert.match(abridged, /^é+…/);
      })
    ));
}

Deno.test("AuditLog cuts details and names at their bounds", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const { detailChars, nameChars } = AUDIT_BOUNDS;
      for (const extra of [0, 1]) {
        const tool = "t".repeat(nameChars + extra);
        tapCall(audit, startedCall({ tool, detail: "d".repeat(detailChars + extra) }));
      }
      tapCall(audit, startedCall({ tool: "bash\0x", requestId: "r".repeat(nameChars + 1) }));
      await audit.flush();
      const rows = await allRows(path);
      for (const row of rows.slice(0, 2)) {
        assert.equal(row.tool_name, "t".repeat(nameChars));
        assert.equal(row.detail, "d".repeat(detailChars));
      }
      assert.equal(rows[2]?.tool_name, "bash\uFFFDx");
      assert.equal(rows[2]?.request_id, JSON.stringify("r".repeat(nameChars)));
    })
  ));

Deno.test("AuditLog records the shadow rules that would have changed a call", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const call = startedCall({ shadowHits: ["no-rm", "no-net"] });
      tapCall(audit, call);
      await audit.flush();
      assert.equal((await allRows(path))[0]?.shadow_hits, '["no-rm","no-net"]');
    })
  ));

Deno.test("AuditLog.pressure is on at its bound, and goes when there is room", () =>
  withDatabasePath((path) =>
    withAuditLog({ path, maxPayloadBytes: AUDIT_BOUNDS.queuedBytes }, async (audit) => {
      const { queuedBytes, rowOverheadBytes } = AUDIT_BOUNDS;
      const weighing = (bytes: number) =>
        startedCall({ argumentsText: `"${"x".repeat(bytes - rowOverheadBytes - 2)}"` });
      await withConnection(path, async (db) => {
        db.exec("BEGIN IMMEDIATE"); // nothing is written now
        const half = queuedBytes / 2;
        tell(audit, "call_started", weighing(half));
        tell(audit, "call_started", weighing(half - rowOverheadBytes - 3));
        assert.equal(audit.unstoredBytes, queuedBytes - rowOverheadBytes - 3);
        assert.equal(audit.pressure(), undefined);
        tell(audit, "call_started", weighing(rowOverheadBytes + 2));
        assert.equal(audit.unstoredBytes, queuedBytes - 1);
        assert.equal(audit.pressure(), undefined);
        tell(audit, "call_started", startedCall({ arguments: null }));
        const room = audit.pressure();
        assert(room !== undefined);
        db.exec("COMMIT");
        await room;
        assert.equal(audit.pressure(), undefined);
      });
      await audit.flush();
      assert.equal((await allRows(path)).length, 4);
    })
  ));

Deno.test("AuditLog.flush puts a strict row on disk before the call is forwarded", () =>
  withDatabasePath((path) =>
    withAuditLog({ path, durability: "strict" }, async (audit) => {
      for (const outcome of ["ok", "tool_error"] satisfies Outcome[]) {
        const call = startedCall();
        tell(audit, "call_started", call);
        await audit.flush();
        assert.equal((await allRows(path)).at(-1)?.outcome, "open");
        tell(audit, "call_ended", ended(call, outcome));
      }
      await audit.flush();
      assert.deepEqual((await allRows(path)).map((row) => row.outcome), ["ok", "tool_error"]);
    })
  ));

Deno.test("AuditLog says why writes fail, and loses nothing", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    await withAuditLog({ path, log }, async (audit) => {
      const early = startedCall();
      tell(audit, "call_started", early);
      await audit.flush();
      assert.equal(audit.failing, null);
      await withBrokenTable(path, async () => {
        tapCall(audit);
        await assert.rejects(audit.flush(), (error) => {
          assert(error instanceof AuditError);
          assert.equal(error.code, "write_failing");
          return true;
        });
        assert.match(audit.failing ?? "", /no such table/);
        tell(audit, "call_ended", ended(early));
        await assert.rejects(audit.flush(), AuditError);
      });
      await log.logged("written again");
      assert.equal(audit.failing, null);
      tapCall(audit);
      await audit.flush();
      assert.deepEqual((await allRows(path)).map((row) => row.outcome), ["ok", "ok", "ok"]);
      assert.equal(log.lines.filter(({ message }) => message.includes("cannot be")).length, 1);
    });
  }));

Deno.test("AuditLog.close writes what is left", () =>
  withDatabasePath(async (path) => {
    const log = new MemoryLog();
    const audit = await AuditLog.open(auditOptions({ path, log }));
    tapCall(audit);
    assert.equal(await audit.close(), true);
    assert.equal((await allRows(path)).length, 1);
    assert.deepEqual(log.lines, []);
  }));

Deno.test("AuditLog.open refuses when the log is required and cannot be opened", () =>
  withDatabasePath(async (path) => {
    Deno.writeTextFileSync(path, "");
    const below = join(path, "logs.db");
    await assert.rejects(AuditLog.open(auditOptions({ path: below })), (error) => {
      assert(error instanceof AuditError);
      assert(error.message.includes(below));
      assert.match(error.message, /required = false/);
      return true;
    });
  }));

Deno.test("AuditLog.open warns loudly when the log is not required, and counts", () =>
  withDatabasePath(async (path) => {
    Deno.writeTextFileSync(path, "");
    const log = new MemoryLog();
    await withAuditLog({ path: join(path, "logs.db"), required: false, log }, async (audit) => {
      assert.match(log.find("NO CALL IS RECORDED")?.message ?? "", /logs\.db/);
      tapCall(audit);
      tapCall(audit);
      await audit.flush();
      assert.equal(audit.failing, null);
      assert.equal(audit.pressure(), undefined);
      assert.equal(audit.unstoredBytes, 0);
    });
    assert.equal(log.find("were not recorded")?.fields.calls, 2);
  }));

Deno.test("AuditLog.open ends the open rows of gateways that are gone", () =>
  withDatabasePath(async (path) => {
    await withAuditLog({ path }, (audit) => {
      tell(audit, "call_started", startedCall());
    });
    assert.equal((await allRows(path))[0]?.outcome, "open");
    await withAuditLog({ path }, async () => {
      assert.equal((await allRows(path))[0]?.outcome, "unknown");
    });
  }));

Deno.test("AuditLog runs retention at its start", () =>
  withDatabasePath(async (path) => {
    // One clock for all: a millisecond more than a day between two of them is a pause.
    const now = Date.now();
    await withAuditLog({ path }, (audit) => {
      for (const days of [31, 8, 7, 6, 5, 4, 3, 2, 1, 0]) {
        tapCall(audit, startedCall({ startedAt: now - days * 86_400_000 + 60_000 }));
      }
    });
    const log = new MemoryLog();
    await withAuditLog({ path, log, retention: { retentionDays: 30, maxRows: 0 } }, async () => {
      await log.logged("audit retention");
      assert.equal((await allRows(path)).length, 9);
    });
  }));

Deno.test("AuditLog has the tools of every page of a list when it has closed", () =>
  withDatabasePath(async (path) => {
    await withAuditLog({ path }, (audit) => {
      audit.noteTools("files", [{ name: "a", bytes: 1, arguments: ["path"] }, {
        name: "b",
        bytes: 2,
      }]);
      audit.noteTools("files", [{ name: "c", bytes: 3 }]);
    });
    await withConnection(path, (db) => {
      const rows = db.prepare("SELECT tool, bytes, arguments FROM listed_tools").all();
      assert.deepEqual(rows.map((row) => Object.values(row)), [
        ["a", 1, '["path"]'],
        ["b", 2, null],
        ["c", 3, null],
      ]);
    });
  }));

/** Taps ten calls, and sees that retention keeps six of them that were not shipped, and tells of four. */
async function assertKeepsUnshipped(path: string, shipped: () => void): Promise<void> {
  await withAuditLog({ path }, (audit) => {
    for (let i = 0; i < 10; i++) tapCall(audit);
  });
  shipped();
  const log = new MemoryLog();
  const retention = { retentionDays: 0, maxRows: 3, keepUnshippedRows: 6 };
  await withAuditLog({ path, log, retention }, async () => {
    await log.logged("records were deleted that the fleet's PostgreSQL does not have");
    assert.equal(log.find("does not have")!.fields.records, 4);
    assert.equal((await allRows(path)).length, 6);
  });
}

Deno.test("AuditLog says what retention had to delete before it was shipped", () =>
  withDatabasePath((path) => assertKeepsUnshipped(path, () => {})));

Deno.test("AuditLog takes what was shipped of another log in its place for nothing", () =>
  withDatabasePath((path) =>
    assertKeepsUnshipped(path, () =>
      writeShippingState(path, {
        ...{ source: crypto.randomUUID(), file: "another", shipped: Number.MAX_SAFE_INTEGER },
        ...{ newest: null, at: null, fault: null },
      }))
  ));

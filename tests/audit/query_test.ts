import type { CallRecord } from "../../src/session/record.ts";
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { AuditError } from "../../src/audit/audit_error.ts";
import type { AuditLog } from "../../src/audit/audit_log.ts";
import type { InvocationRow } from "../../src/audit/columns.ts";
import { toJsonLine } from "../../src/audit/invocation.ts";
import { followInvocations, queryInvocations } from "../../src/audit/query.ts";
import type { InvocationFilter } from "../../src/audit/reader.ts";

import {
  createOriginalDatabase,
  ended,
  startedCall,
  tapCall,
  tell,
  withAuditLog,
  withDatabasePath,
} from "./support.ts";

const T0 = Date.UTC(2026, 10, 22, 17, 52, 54, 170);

/** A log with a call per outcome, a second apart. */
async function withCalls(body: (path: string) => unknown): Promise<void> {
  await withDatabasePath(async (path) => {
    await withAuditLog({ path }, (audit) => {
      const call = (id: string, seconds: number, fields: Partial<CallRecord> = {}) =>
        startedCall({ id, startedAt: T0 + seconds * 1000, ...fields });
      tapCall(audit, call("ok", 0));
      tapCall(audit, call("denied", 1, { policyHit: "no-rm" }), "denied");
      tapCall(audit, call("malformed", 2), "malformed");
      tapCall(audit, call("timed out", 3, { tool: "bash" }), "timed_out");
      const shadowed = call("shadowed", 4, { shadowHits: ["maybe"] });
      const other = audit.tapFor("github", "session-2");
      other({ type: "call_started", ...shadowed });
      other({ type: "call_ended", ...ended(shadowed, "tool_error") });
      tell(audit, "call_started", call("open", 5));
    });
    await body(path);
  });
}

/** A follower whose rows are taken one at a time. */
async function withFollower(
  path: string,
  filter: InvocationFilter,
  body: (next: () => Promise<InvocationRow>) => unknown,
): Promise<void> {
  const abort = new AbortController();
  const rows = followInvocations(path, filter, abort.signal);
  // The first step opens the database, synchronously: what is written from here on is followed.
  let first: Promise<IteratorResult<InvocationRow, void>> | null = rows.next();
  try {
    await body(async () => {
      const { value } = await (first ?? rows.next());
      first = null;
      return value!;
    });
  } finally {
    abort.abort();
    await first;
    await rows.return();
  }
}

for (
  const [name, filter, ids] of [
    ["everything, newest first", {}, [
      "open",
      "shadowed",
      "timed out",
      "malformed",
      "denied",
      "ok",
    ]],
    ["a tool", { tool: "bash" }, ["timed out"]],
    ["part of a tool's name", { tool: "bas" }, []],
    ["a server", { server: "github" }, ["shadowed"]],
    ["a status", { status: "denied" }, ["malformed", "denied"]],
    ["a status that is an outcome too", { status: "error" }, ["shadowed", "timed out"]],
    ["an outcome", { status: "tool_error" }, ["shadowed"]],
    ["a time", { since: new Date(T0 + 4000) }, ["open", "shadowed"]],
    ["shadow rules", { shadow: true }, ["shadowed"]],
    ["several things", { tool: "read_file", status: "allowed" }, ["open", "ok"]],
  ] satisfies [string, InvocationFilter, string[]][]
) {
  Deno.test(`queryInvocations finds ${name}`, () =>
    withCalls((path) => {
      const rows = queryInvocations(path, { ...filter, limit: 10 });
      assert.deepEqual(rows.map(({ id }) => id), ids);
    }));
}

Deno.test("queryInvocations gives at most the limit", () =>
  withCalls((path) => {
    assert.deepEqual(queryInvocations(path, { limit: 2 }).map(({ id }) => id), [
      "open",
      "shadowed",
    ]);
  }));

Deno.test("queryInvocations never creates a database", () =>
  withDatabasePath((path) => {
    assert.throws(() => queryInvocations(path, { limit: 1 }), (error) => {
      assert(error instanceof AuditError);
      assert.equal(error.code, "missing");
      assert.match(error.message, /^No audit log at .*logs\.db yet/);
      return true;
    });
    assert.deepEqual([...Deno.readDirSync(dirname(path))], []);
  }));

Deno.test("queryInvocations takes an empty file for no audit log, and leaves it empty", () =>
  withDatabasePath((path) => {
    Deno.writeTextFileSync(path, "");
    assert.throws(() => queryInvocations(path, { limit: 1 }), { code: "missing" });
    assert.equal(Deno.statSync(path).size, 0);
  }));

Deno.test("queryInvocations says when the file is not a database", () =>
  withDatabasePath((path) => {
    Deno.writeTextFileSync(path, "no database ".repeat(100));
    assert.throws(() => queryInvocations(path, { limit: 1 }), { code: "not_a_database" });
  }));

Deno.test("queryInvocations reads a database of the original without changing it", () =>
  withDatabasePath((path) => {
    createOriginalDatabase(path, [
      { id: "a", status: "allowed" },
      { id: "c", status: "error", policyHit: "circuit-breaker" },
    ]);
    const before = Deno.readFileSync(path);
    const rows = queryInvocations(path, { status: "circuit_open", limit: 10 });
    assert.deepEqual(
      rows.map(({ id, status, outcome, method, timestamp }) => [
        id,
        status,
        outcome,
        method,
        timestamp,
      ]),
      [["c", "error", "circuit_open", null, "2026-11-22T17:52:54.170123456Z"]],
    );
    assert.deepEqual(Deno.readFileSync(path), before);
  }));

Deno.test("toJsonLine gives the original's members first, and payloads as JSON", () =>
  withDatabasePath(async (path) => {
    await withAuditLog({ path }, (audit) => {
      const call = startedCall({
        id: "1",
        requestId: "r",
        argumentsText: '{"big":12345678901234567890,\n"one":1.0}',
      });
      tapCall(audit, call);
    });
    const [row] = queryInvocations(path, { limit: 1 });
    const line = toJsonLine(row!);
    assert(line.startsWith(
      '{"id":"1","timestamp":"2026-11-22T17:52:54.170Z","agent_id":"claude-code",' +
        '"session_id":"session-1","server_name":"files","tool_name":"read_file",' +
        '"arguments":{"big":12345678901234567890, "one":1.0},"result":{"content":[]},' +
        '"latency_ms":3,"status":"allowed","policy_hit":null,"outcome":"ok",',
    ));
    assert.equal(JSON.parse(line).request_id, "r");
    assert.equal(JSON.parse(toJsonLine({ ...row!, result: "{cut" })).result, "{cut");
  }));

Deno.test("followInvocations gives rows as they are inserted and completed", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      const early = startedCall({ id: "early" });
      tell(audit, "call_started", early);
      await audit.flush();
      await withFollower(path, {}, async (next) => {
        const seen = async () => {
          const { id, outcome } = await next();
          return [id, outcome];
        };
        const late = startedCall({ id: "late" });
        await flushed(audit, () => tell(audit, "call_started", late));
        assert.deepEqual(await seen(), ["late", "open"]);
        await flushed(audit, () => {
          tell(audit, "call_ended", ended(early));
          tell(audit, "call_ended", ended(late, "task"));
        });
        assert.deepEqual(await seen(), ["early", "ok"]);
        assert.deepEqual(await seen(), ["late", "task"]);
        await flushed(audit, () => {
          tell(audit, "call_amended", ended(late, "tool_error"));
          tapCall(audit, startedCall({ id: "last" }));
        });
        assert.deepEqual(await seen(), ["late", "tool_error"]);
        assert.deepEqual(await seen(), ["last", "ok"]);
      });
    })
  ));

Deno.test("followInvocations filters by what a row has become", () =>
  withDatabasePath((path) =>
    withAuditLog({ path }, async (audit) => {
      await withFollower(path, { status: "error" }, async (next) => {
        const call = startedCall({ id: "fails late" });
        await flushed(audit, () => tell(audit, "call_started", call));
        await flushed(audit, () => {
          tapCall(audit);
          tell(audit, "call_ended", ended(call, "error"));
        });
        assert.equal((await next()).id, "fails late");
      });
    })
  ));

Deno.test("followInvocations refuses when there is no audit log yet", () =>
  withDatabasePath(async (path) => {
    const rows = followInvocations(path, {}, AbortSignal.timeout(1000));
    await assert.rejects(rows.next(), { code: "missing" });
  }));

async function flushed(audit: AuditLog, work: () => void): Promise<void> {
  work();
  await audit.flush();
}

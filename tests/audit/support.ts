/** Set-up that the audit tests share. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AuditLog, type AuditLogOptions } from "../../src/audit/audit_log.ts";
import { Batch } from "../../src/audit/batch.ts";
import { gatewayId } from "../../src/audit/gateway_id.ts";
import { AuditStore } from "../../src/audit/store.ts";
import type { Log, LogFields, LogLevel } from "../../src/log.ts";
import type { Outcome } from "../../src/session/call.ts";
import type { CallRecord, CallReport, Tap } from "../../src/session/record.ts";

/** Runs `body` with the path of a database in a folder of its own. */
export async function withDatabasePath(body: (path: string) => unknown): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate_audit_" });
  try {
    await body(join(folder, "logs.db"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `body` with a connection of its own, as another program would have one. */
export async function withConnection<T>(
  path: string,
  body: (db: DatabaseSync) => T,
): Promise<Awaited<T>> {
  const db = new DatabaseSync(path, { timeout: 1000 });
  try {
    return await body(db);
  } finally {
    db.close();
  }
}

/** Makes every write fail while `body` runs. */
export async function withBrokenTable(path: string, body: () => unknown): Promise<void> {
  const rename = (from: string, to: string) =>
    withConnection(path, (db) => db.exec(`ALTER TABLE ${from} RENAME TO ${to}`));
  await rename("tool_invocations", "gone");
  try {
    await body();
  } finally {
    await rename("gone", "tool_invocations");
  }
}

/** All rows of the table, oldest insert first. */
export function allRows(path: string): Promise<Record<string, unknown>[]> {
  return withConnection(
    path,
    (db) => db.prepare("SELECT * FROM tool_invocations ORDER BY rowid").all(),
  );
}

/** Payload bytes that tests allow. */
export const MAX_PAYLOAD: number = 64 * 1024;

/** A day on which tests of the store play. */
export const NOW: number = Date.UTC(2026, 11, 31, 12);

/** Runs `body` with a store, and closes it. */
export async function withStore(
  body: (store: AuditStore, path: string) => unknown,
): Promise<void> {
  await withDatabasePath(async (path) => {
    const store = new AuditStore(path, { durability: "batched" });
    try {
      await body(store, path);
    } finally {
      store.close();
    }
  });
}

/** Writes calls in one batch. */
export function insert(
  store: AuditStore,
  calls: readonly TestCall[],
  gateway: string = gatewayId(),
): void {
  const batch = new Batch();
  for (const call of calls) {
    batch.start(call, { serverName: "files", sessionId: "s", gateway, run: "r" }, MAX_PAYLOAD);
    if (call.record.outcome !== "open") batch.end(call, MAX_PAYLOAD);
  }
  store.write(batch.rows, batch.completions);
}

/** A call that began then, and has ended. */
export function callAt(startedAt: number, id: string = crypto.randomUUID()): TestCall {
  return ended(startedCall({ id, startedAt }));
}

/** Runs `body` with an open audit log, and closes it. */
export async function withAuditLog(
  options: Partial<AuditLogOptions> & { readonly path: string },
  body: (audit: AuditLog) => unknown,
): Promise<void> {
  const audit = await AuditLog.open(auditOptions(options));
  try {
    await body(audit);
  } finally {
    await audit.close();
  }
}

/** Options with defaults for what a test does not care about. */
export function auditOptions(
  options: Partial<AuditLogOptions> & { readonly path: string },
): AuditLogOptions {
  return {
    maxPayloadBytes: 64 * 1024,
    durability: "batched",
    required: true,
    retention: { retentionDays: 0, maxRows: 0 },
    log: new MemoryLog(),
    ...options,
  };
}

/** A log that keeps its lines, and tells when one comes. */
export class MemoryLog implements Log {
  readonly lines: { level: LogLevel; message: string; fields: LogFields }[] = [];
  readonly #waiting: { text: string; found: () => void }[] = [];

  debug = (message: string, fields?: LogFields) => this.#add("debug", message, fields);
  info = (message: string, fields?: LogFields) => this.#add("info", message, fields);
  warn = (message: string, fields?: LogFields) => this.#add("warn", message, fields);
  error = (message: string, fields?: LogFields) => this.#add("error", message, fields);
  enabled = () => true;
  pass = (line: Uint8Array) => this.#add("info", new TextDecoder().decode(line));
  flush = () => Promise.resolve();

  /** The first line that contains `text`. */
  find(text: string): { level: LogLevel; message: string; fields: LogFields } | undefined {
    return this.lines.find(({ message }) => message.includes(text));
  }

  /** Resolves when a line with `text` has come. */
  logged(text: string): Promise<void> {
    if (this.find(text) !== undefined) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ text, found }));
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
    for (const { text, found } of this.#waiting) if (message.includes(text)) found();
  }
}

const encoder = new TextEncoder();

/** A call that has begun, and its records so far. */
export interface TestCall extends CallReport {
  readonly id: string;
  record: CallRecord;
}

/** Says what a session would. */
export function tell(audit: AuditLog, type: CallEventType, call: TestCall): void {
  tapOf(audit)({ type, ...call });
}

/** The three events of a call. */
export type CallEventType = "call_started" | "call_ended" | "call_amended";

const taps = new WeakMap<AuditLog, Tap>();

/** The tap of the one session of most tests. */
export function tapOf(audit: AuditLog): Tap {
  const tap = taps.get(audit) ?? audit.tapFor("files", "session-1");
  taps.set(audit, tap);
  return tap;
}

/** A call that has begun. */
export function startedCall(
  fields: Partial<CallRecord> & { readonly argumentsText?: string } = {},
): TestCall {
  const { argumentsText = '{"path":"/etc/hosts"}', ...rest } = fields;
  const record: CallRecord = {
    id: crypto.randomUUID(),
    startedAt: Date.UTC(2026, 10, 22, 17, 52, 54, 170),
    startedMono: 1000,
    requestId: 1,
    method: "tools/call",
    tool: "read_file",
    client: { agentName: "claude-code", agentVersion: "2.1.0", protocolVersion: "2025-11-25" },
    arguments: encoder.encode(argumentsText),
    requestBytes: 120,
    forwarded: true,
    outcome: "open",
    policyHit: null,
    detail: null,
    errorCode: null,
    result: null,
    resultBytes: null,
    latencyMs: null,
    shadowHits: [],
    policy: null,
    masked: [],
    ...rest,
  };
  return { id: record.id, record, handle: {} };
}

/** Gives `call` its end. */
export function ended(
  call: TestCall,
  outcome: Outcome = "ok",
  resultText = '{"content":[]}',
): TestCall {
  call.record = {
    ...call.record,
    outcome,
    result: encoder.encode(resultText),
    resultBytes: resultText.length + 40,
    latencyMs: 3.4567,
  };
  return call;
}

/** Taps a whole call. */
export function tapCall(
  audit: AuditLog,
  call: TestCall = startedCall(),
  outcome: Outcome = "ok",
): TestCall {
  tell(audit, "call_started", call);
  tell(audit, "call_ended", ended(call, outcome));
  return call;
}

/** The original's own DDL and settings (original.md §1.5), with the given rows. */
export function createOriginalDatabase(path: string, rows: readonly OriginalRow[]): void {
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS tool_invocations (id TEXT PRIMARY KEY, timestamp TEXT NOT NULL,
      agent_id TEXT, session_id TEXT, server_name TEXT NOT NULL, tool_name TEXT NOT NULL,
      arguments TEXT, result TEXT, latency_ms INTEGER, status TEXT NOT NULL, policy_hit TEXT);
    CREATE INDEX idx_invocations_ts ON tool_invocations(timestamp);
    CREATE INDEX idx_invocations_tool ON tool_invocations(tool_name);
    CREATE INDEX idx_invocations_status ON tool_invocations(status);`);
  const insert = db.prepare(`INSERT INTO tool_invocations VALUES
    (?, ?, NULL, NULL, 'files', 'read_file', '{"a":1}', '{"b":2}', 7, ?, ?)`);
  for (const { id, timestamp = ORIGINAL_TIME, status, policyHit = null } of rows) {
    insert.run(id, timestamp, status, policyHit);
  }
  db.close();
}

/** A timestamp as the original writes it. */
export const ORIGINAL_TIME = "2026-11-22T17:52:54.170123456+00:00";

/** What matters of a row of the original. */
export interface OriginalRow {
  readonly id: string;
  readonly timestamp?: string;
  readonly status: string;
  readonly policyHit?: string | null;
}

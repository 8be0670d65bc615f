/**
 * Rows a second that the audit log's store takes, in batches of 320 calls that have ended.
 *
 * `deno run -A bench/control_plane/writer.ts [ROWS]`
 *
 * @module
 */

import { join } from "node:path";
import { Batch } from "../../src/audit/batch.ts";
import { AuditStore } from "../../src/audit/store.ts";
import type { CallRecord } from "../../src/session/record.ts";

const BATCH = 320, PAYLOAD_BYTES = 65_536, PROVE_EVERY = 20;
const encoder = new TextEncoder();

if (import.meta.main) {
  const rows = Number(Deno.args[0] ?? 200_000);
  for (let run = 1; run <= 3; run++) console.log(`run ${run}: ${await measure(rows)} rows/s`);
}

/** Writes so many rows into a new database. Gives rows a second. */
async function measure(rows: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-bench-" });
  const store = new AuditStore(join(folder, "logs.db"), { durability: "batched" });
  const batches = Array.from({ length: Math.ceil(rows / BATCH) }, (_, n) => batchOf(n));
  const start = performance.now();
  batches.forEach((batch, n) => {
    store.write(batch.rows, batch.completions);
    if (n % PROVE_EVERY === 0) store.checkpoint();
  });
  const ms = performance.now() - start;
  store.close();
  await Deno.remove(folder, { recursive: true });
  return Math.round(batches.length * BATCH / ms * 1000);
}

/** Calls that have ended, each with its own id. */
export function batchOf(n: number, size: number = BATCH): Batch {
  const batch = new Batch();
  for (let i = 0; i < size; i++) {
    const call = { record: recordOf(n * size + i), handle: {} };
    batch.start(
      call,
      { serverName: "files", sessionId: "session", gateway: "host/1" },
      PAYLOAD_BYTES,
    );
    call.record = {
      ...call.record,
      outcome: "ok",
      result: encoder.encode('{"content":[{"type":"text","text":"it is done"}]}'),
      resultBytes: 90,
      latencyMs: 3.4567,
    };
    batch.end(call, PAYLOAD_BYTES);
  }
  return batch;
}

function recordOf(n: number): CallRecord {
  return {
    id: `0199b0c4-8f00-7000-8000-${String(n).padStart(12, "0")}`,
    startedAt: 1_795_369_974_170 + n,
    requestId: n,
    method: "tools/call",
    tool: `tool_${n % 40}`,
    client: { agentName: "claude-code", agentVersion: "2.1.0", protocolVersion: "2025-11-25" },
    arguments: encoder.encode(`{"path":"/home/me/project/src/file_${n}.ts"}`),
    requestBytes: 150,
    forwarded: true,
    outcome: "open",
    policyHit: null,
    detail: null,
    errorCode: null,
    result: null,
    resultBytes: null,
    latencyMs: null,
    shadowHits: [],
  };
}

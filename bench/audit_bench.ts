/** What a call's two records cost the line: tapped into a batch, and their share of packing it. */

import { Batch } from "../src/audit/batch.ts";
import { AUDIT_BOUNDS } from "../src/audit/bounds.ts";
import type { CallRecord } from "../src/session/record.ts";

const encoder = new TextEncoder();
const origin = { serverName: "files", sessionId: "session-1", gateway: "host/1", run: "r" };
const client = { agentName: "claude-code", agentVersion: "2.1.0", protocolVersion: "2025-11-25" };

function recordOf(id: string, bytes: number): CallRecord {
  return {
    id,
    startedAt: 1_795_369_974_170,
    startedMono: 1000,
    requestId: 1,
    method: "tools/call",
    tool: "read_file",
    client,
    arguments: encoder.encode(JSON.stringify({ path: "x".repeat(bytes) })),
    requestBytes: bytes + 120,
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
  };
}

const calls = AUDIT_BOUNDS.batchRows;
const maxPayloadBytes = 65_536;

for (const [name, bytes] of [["50 B", 50], ["1 KB", 1000]] as const) {
  const started = Array.from(
    { length: calls },
    (_, n) => recordOf(`0199b0c4-8f00-7000-8000-${String(n).padStart(12, "0")}`, bytes),
  );
  const ended = started.map((record): CallRecord => ({
    ...record,
    outcome: "ok",
    result: record.arguments,
    resultBytes: bytes + 80,
    latencyMs: 3.4567,
  }));
  Deno.bench(`audit: a batch of ${calls} calls of ${name}, packed`, () => {
    const batch = new Batch();
    for (let n = 0; n < calls; n++) {
      const handle = {};
      batch.start({ record: started[n]!, handle }, origin, maxPayloadBytes);
      batch.end({ record: ended[n]!, handle }, maxPayloadBytes);
    }
    if (batch.rows.cells.length === 0) throw new Error("nothing was packed");
  });
}

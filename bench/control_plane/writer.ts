/**
 * Rows a second that the audit log's store takes, in batches of 320 calls that have ended: of this
 * house, or beside those of another one, say a working tree of an earlier commit. The two are measured
 * by turns, by the time that passes and by that of the processor.
 *
 * `deno run -A bench/control_plane/writer.ts [ROWS] [OTHER_HOUSE] [PAIRS]`
 *
 * @module
 */

import { join, resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { Batch } from "../../src/audit/batch.ts";
import { AuditStore } from "../../src/audit/store.ts";
import type { CallRecord } from "../../src/session/record.ts";

const BATCH = 320, PAYLOAD_BYTES = 65_536, PROVE_EVERY = 20;
const encoder = new TextEncoder();

/** The modules of one house. */
interface House {
  readonly Batch: typeof Batch;
  readonly AuditStore: typeof AuditStore;
}

/** Milliseconds for all rows. */
interface Taken {
  readonly wallMs: number;
  readonly cpuMs: number;
}

if (import.meta.main) {
  const rows = Number(Deno.args[0] ?? 200_000), pairs = Number(Deno.args[2] ?? 10);
  const own: House = { Batch, AuditStore };
  if (Deno.args[1] === undefined) {
    for (let run = 1; run <= 3; run++) console.log(`run ${run}: ${perSecond(rows, own)} rows/s`);
  } else compare(own, await houseAt(Deno.args[1]), rows, pairs);
}

async function houseAt(folder: string): Promise<House> {
  const load = (name: string) =>
    import(pathToFileURL(join(resolve(folder), "src/audit", name)).href);
  const [{ Batch }, { AuditStore }] = await Promise.all([load("batch.ts"), load("store.ts")]);
  return { Batch, AuditStore };
}

function perSecond(rows: number, house: House): number {
  return Math.round(rows / measure(rows, house).wallMs * 1000);
}

/** Prints our rate as a share of the other's, pair by pair, and the median. */
function compare(own: House, other: House, rows: number, pairs: number): void {
  const shares: { wall: number; cpu: number }[] = [];
  for (let pair = 0; pair <= pairs; pair++) {
    const first = pair % 2 === 0 ? own : other, second = first === own ? other : own;
    const taken = new Map([first, second].map((house) => [house, measure(rows, house)]));
    const ours = taken.get(own)!, theirs = taken.get(other)!;
    if (pair === 0) continue; // The first warms up.
    shares.push({ wall: theirs.wallMs / ours.wallMs, cpu: theirs.cpuMs / ours.cpuMs });
    const rate = (ms: number) => Math.round(rows / ms * 1000);
    console.log(
      `ours ${rate(ours.wallMs)}, the other's ${rate(theirs.wallMs)} rows/s: ` +
        `${shares.at(-1)!.wall.toFixed(2)}, by processor time ${shares.at(-1)!.cpu.toFixed(2)}`,
    );
  }
  const median = (of: "wall" | "cpu") =>
    shares.map((share) => share[of]).sort((a, b) => a - b)[shares.length >> 1]!.toFixed(2);
  console.log(`median: ${median("wall")}, by processor time ${median("cpu")}`);
}

/** Writes so many rows into a new database. */
function measure(rows: number, house: House): Taken {
  const folder = Deno.makeTempDirSync({ prefix: "agentgate-bench-" });
  const store = new house.AuditStore(join(folder, "logs.db"), { durability: "batched" });
  const batches = Array.from(
    { length: Math.ceil(rows / BATCH) },
    (_, n) => batchOf(n, BATCH, house),
  );
  const start = performance.now(), used = process.cpuUsage();
  batches.forEach((batch, n) => {
    store.write(batch.rows, batch.completions);
    if (n % PROVE_EVERY === 0) store.checkpoint();
  });
  const wallMs = performance.now() - start, { user, system } = process.cpuUsage(used);
  store.close();
  Deno.removeSync(folder, { recursive: true });
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/** Calls that have ended, each with its own id. */
export function batchOf(
  n: number,
  size: number = BATCH,
  house: Pick<House, "Batch"> = { Batch },
): Batch {
  const batch = new house.Batch();
  for (let i = 0; i < size; i++) {
    const call = { record: recordOf(n * size + i), handle: {} };
    batch.start(
      call,
      { serverName: "files", sessionId: "session", gateway: "host/1", run: "r" },
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
    startedMono: 1000,
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
    policy: null,
    masked: [],
  };
}

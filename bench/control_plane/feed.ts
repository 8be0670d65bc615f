/**
 * The live feed under load: how long a row takes from its commit to a socket, with many who listen.
 *
 * `deno run -A bench/control_plane/feed.ts [READERS] [ROWS_A_SECOND] [SECONDS] [VIEW]`: on a dashboard
 * in a process of its own.
 *
 * @module
 */

import { join } from "node:path";
import { AuditStore } from "../../src/audit/store.ts";
import { startDashboard } from "./dashboard.ts";
import { batchOf } from "./writer.ts";

const [readers = 200, rate = 2000, seconds = 10] = Deno.args.map(Number);
const view = Deno.args[3] ?? "rows", BATCH_MS = 20;
const folder = await Deno.makeTempDir({ prefix: "agentgate-bench-" }), db = join(folder, "logs.db");
const store = new AuditStore(db, { durability: "batched" });
const { port, key, child: dashboard } = await startDashboard(db, folder);

const committed = new Map<string, number>(), delays: number[] = [];
let frames = 0, closed = 0;
const sockets = Array.from({ length: readers }, (_, n) => {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/ws/live?token=${key}&view=${view}`);
  socket.onclose = () => closed++;
  socket.onmessage = ({ data }) => {
    frames++;
    if (n > 0) return;
    const now = performance.now(), frame = JSON.parse(data);
    for (const { id } of view === "rows" ? frame.rows : [frame]) {
      if (committed.has(id)) delays.push(now - committed.get(id)!);
    }
  };
  return socket;
});
await Promise.all(sockets.map((socket) => new Promise((opened) => socket.onopen = opened)));

const size = Math.max(1, Math.round(rate * BATCH_MS / 1000));
const until = performance.now() + seconds * 1000;
for (let n = 0; performance.now() < until; n++) {
  const batch = batchOf(n, size);
  store.write(batch.rows, batch.completions);
  const now = performance.now();
  for (let i = 0; i < size; i++) committed.set(batchId(n * size + i), now);
  await new Promise((done) => setTimeout(done, BATCH_MS));
}
await new Promise((done) => setTimeout(done, 500));
delays.sort((a, b) => a - b);
const at = (quantile: number) => delays[Math.floor(delays.length * quantile)]?.toFixed(0);
console.log(
  `${readers} readers, ${committed.size} rows, ${delays.length} seen by the first, ${frames} frames, ` +
    `${closed} closed; commit to socket p50 ${at(0.5)} p99 ${at(0.99)} ms`,
);
dashboard.kill("SIGKILL");
store.close();
await Deno.remove(folder, { recursive: true });
Deno.exit(0);

function batchId(n: number): string {
  return `0199b0c4-8f00-7000-8000-${String(n).padStart(12, "0")}`;
}

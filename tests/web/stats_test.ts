import assert from "node:assert/strict";
import { Batch } from "../../src/audit/batch.ts";
import { BUCKET_EDGES_US, bucketOf, quantileMs } from "../../src/web/latency_buckets.ts";
import { LogSource } from "../../src/web/log_source.ts";
import { LATENCY_BUCKETS_S } from "../../src/web/metric_names.ts";
import { StatsKeeper } from "../../src/web/stats_keeper.ts";
import { overviewOf } from "../../src/web/stats_queries.ts";
import { statsPath } from "../../src/web/stats_store.ts";
import {
  callAt,
  createOriginalDatabase,
  ended,
  insert,
  MAX_PAYLOAD,
  NOW,
  startedCall,
  withConnection,
  withDatabasePath,
  withStore,
} from "../audit/support.ts";

/** The sums of all time. */
function sums(path: string): number[] {
  using log = new LogSource(path);
  using stats = new StatsKeeper(log);
  stats.countAll();
  return stats.read((db) => {
    const { total_calls, total_errors, total_denials } = overviewOf(db, {
      sinceMs: null,
      nowMs: NOW,
    });
    return [total_calls, total_errors, total_denials];
  });
}

Deno.test("the buckets have every edge of the original's histogram, and hold what is at most that", () => {
  for (const edge of LATENCY_BUCKETS_S) assert.ok(BUCKET_EDGES_US.includes(edge * 1e6), `${edge}`);
  for (const [index, edge] of BUCKET_EDGES_US.entries()) {
    assert.equal(bucketOf(edge), index);
    assert.equal(bucketOf(edge + 0.001), index + 1);
  }
});

Deno.test("quantiles from buckets are a few percent from the exact ones", () => {
  const latencies = Array.from({ length: 5000 }, (_, n) => Math.round(50 * 1.002 ** n));
  const counts = new Map<number, number>();
  for (const us of latencies) counts.set(bucketOf(us), (counts.get(bucketOf(us)) ?? 0) + 1);
  for (const quantile of [0.5, 0.95, 0.99]) {
    const exact = latencies[Math.floor(quantile * latencies.length)]! / 1000;
    const told = quantileMs(counts, quantile)!;
    assert.ok(Math.abs(told - exact) / exact < 0.03, `${quantile}: ${told}, exactly ${exact}`);
  }
});

Deno.test("StatsKeeper counts the past and what comes once, whoever has begun and ended when", () =>
  withStore((store, path) => {
    const open = startedCall({ id: "open" });
    insert(store, [callAt(NOW, "a"), open]);
    assert.deepEqual(sums(path), [1, 0, 0]);
    const later = new Batch();
    later.end(ended(open, "error"), MAX_PAYLOAD);
    store.write(later.rows, later.completions);
    insert(store, [ended(startedCall({ id: "no" }), "denied")]);
    assert.deepEqual(sums(path), [3, 1, 1]);
    Deno.removeSync(statsPath(path));
    assert.deepEqual(sums(path), [3, 1, 1]);
    Deno.writeTextFileSync(statsPath(path), "no database ".repeat(1000));
    assert.deepEqual(sums(path), [3, 1, 1]);
  }));

Deno.test("StatsKeeper counts each row once, whenever the log gets its index", () =>
  withStore((store, path) =>
    withConnection(path, (db) => {
      insert(store, [callAt(NOW, "a")]);
      const [{ sql }] = db.prepare(
        "SELECT sql FROM sqlite_schema WHERE name = 'idx_invocations_change'",
      ).all() as [{ sql: string }];
      db.exec("DROP INDEX idx_invocations_change");
      assert.deepEqual(sums(path), [1, 0, 0]);
      insert(store, [callAt(NOW, "b"), startedCall({ id: "open" })]);
      assert.deepEqual(sums(path), [1, 0, 0]);
      db.exec(sql);
      assert.deepEqual(sums(path), [2, 0, 0]);
      insert(store, [callAt(NOW, "c")]);
      assert.deepEqual(sums(path), [3, 0, 0]);
    })
  ));

Deno.test("StatsKeeper takes back what it has counted of a task once the task has ended", () =>
  withStore((store, path) => {
    const task = ended(startedCall({ startedAt: Date.now() }), "task");
    insert(store, [task]);
    assert.deepEqual(sums(path), [1, 0, 0]);
    const later = new Batch();
    later.end(ended(task, "error"), MAX_PAYLOAD);
    store.write(later.rows, later.completions);
    assert.deepEqual(sums(path), [1, 1, 0]);
  }));

Deno.test("StatsKeeper counts the rows of an original, also those it writes now", () =>
  withDatabasePath(async (path) => {
    createOriginalDatabase(path, [
      { id: "a", status: "allowed" },
      { id: "d", status: "denied", policyHit: "x" },
      { id: "odd", status: "odd", timestamp: "no time at all" },
    ]);
    assert.deepEqual(sums(path), [3, 0, 1]);
    await withConnection(
      path,
      (db) =>
        db.exec(`INSERT INTO tool_invocations (id, timestamp, server_name, tool_name, status)
        VALUES ('e', '2026-11-22T17:52:54Z', 's', 't', 'error')`),
    );
    assert.deepEqual(sums(path), [4, 1, 1]);
  }));

/**
 * The metrics of the whole log: of all gateways, from the statistics, so that they only grow and
 * outlive every process.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { BUCKET_EDGES_US } from "./latency_buckets.ts";
import { BoundedLabel, LATENCY_BUCKETS_S, METRICS, scopeOf } from "./metric_names.ts";

/** Content type of Prometheus' text format. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Sums of a label, in the order in which they were met. */
class Sums extends Map<string, number> {
  add(labels: string, n: number): void {
    this.set(labels, (this.get(labels) ?? 0) + n);
  }
}

/** Writes the exposition. */
export function logMetrics(db: DatabaseSync, openCalls: number): string {
  const tools = new BoundedLabel(), rules = new BoundedLabel();
  const calls = new Sums(), denials = new Sums(), limits = new Sums(), seconds = new Sums();
  const rows = db.prepare(
    "SELECT tool, kind, rule, n, us FROM calls JOIN keys ON keys.id = calls.key WHERE level = 0 ORDER BY n DESC",
  ).all();
  for (const { tool: name, kind, rule, n, us } of rows) {
    const tool = label("tool", tools.of(String(name))), count = Number(n);
    calls.add(`${tool},${label("status", String(kind))}`, count);
    seconds.add(tool, Number(us) / 1e6);
    if (kind === "denied") {
      denials.add(label("rule_id", rules.of(String(rule) || "unknown")), count);
    }
    if (kind === "rate_limited") limits.add(label("scope", scopeOf(String(rule))), count);
  }
  return [
    ...metric("agentgate_tool_calls_total", "counter", calls),
    ...histogram(durations(db, tools), seconds),
    ...metric("agentgate_policy_denials_total", "counter", denials),
    ...metric("agentgate_rate_limit_hits_total", "counter", limits),
    ...metric("agentgate_active_sessions", "gauge", new Sums([["", openCalls]])),
    "",
  ].join("\n");
}

/** Calls of each tool by the original's buckets; the last holds all. */
function durations(db: DatabaseSync, tools: BoundedLabel): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const rows = db.prepare(
    `SELECT tool, bucket, sum(n) AS n FROM latency JOIN places ON places.id = latency.place
     WHERE level = 0 GROUP BY tool, bucket`,
  ).all();
  for (const { tool: name, bucket, n } of rows) {
    const tool = label("tool", tools.of(String(name)));
    const counts = found.get(tool) ?? [...LATENCY_BUCKETS_S.map(() => 0), 0];
    found.set(tool, counts);
    const edge = (BUCKET_EDGES_US[Number(bucket)] ?? Infinity) / 1e6;
    LATENCY_BUCKETS_S.forEach((le, at) => counts[at]! += edge <= le ? Number(n) : 0);
    counts[LATENCY_BUCKETS_S.length]! += Number(n);
  }
  return found;
}

function histogram(found: ReadonlyMap<string, readonly number[]>, seconds: Sums): string[] {
  const name = "agentgate_tool_call_duration_seconds";
  const lines = [...found].flatMap(([tool, counts]) => [
    ...counts.map((count, at) =>
      `${name}_bucket{${tool},le="${LATENCY_BUCKETS_S[at] ?? "+Inf"}"} ${count}`
    ),
    `${name}_sum{${tool}} ${seconds.get(tool) ?? 0}`,
    `${name}_count{${tool}} ${counts.at(-1)}`,
  ]);
  return [...head(name, "histogram"), ...lines];
}

function metric(name: keyof typeof METRICS, type: string, sums: Sums): string[] {
  const lines = [...sums].map(([labels, n]) =>
    labels === "" ? `${name} ${n}` : `${name}{${labels}} ${n}`
  );
  return [...head(name, type), ...lines];
}

function head(name: keyof typeof METRICS, type: string): string[] {
  return [`# HELP ${name} ${METRICS[name]}`, `# TYPE ${name} ${type}`];
}

function label(name: string, value: string): string {
  const text = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `${name}="${text}"`;
}

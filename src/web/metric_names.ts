/**
 * The metrics' names, labels, buckets and words: those of the original, and a few of ours.
 *
 * @module
 */

/** Upper edges of the latency histogram, in seconds. */
export const LATENCY_BUCKETS_S: readonly number[] = Object.freeze([
  ...[0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
]);

/** What each metric is. */
export const METRICS = Object.freeze({
  agentgate_tool_calls_total: "Tool calls by tool name and status",
  agentgate_tool_call_duration_seconds: "Latency of tool calls that went on to the server",
  agentgate_policy_denials_total: "Calls that the policy has denied, by rule",
  agentgate_rate_limit_hits_total: "Calls that a limit has refused, by scope",
  agentgate_circuit_breaker_state: "Circuit state (0=closed, 1=open, 2=half-open)",
  agentgate_active_sessions: "Tool calls in flight",
  agentgate_policy_reloads_total: "Reloads of the policy, by result",
  agentgate_audit_queue_bytes: "Bytes of records that are not on disk yet",
  agentgate_unrecorded_calls_total: "Calls without a record of their own",
  agentgate_fleet_limits_outage: "Whether the limits of all gateways cannot be reached (0, 1)",
});

/** Values that a label may have; further ones count as {@link OTHER}. */
export const MAX_LABEL_VALUES = 200;

/** Stands for all values beyond the bound. */
export const OTHER = "other";

/** The `scope` of a limit that refused a call. */
export function scopeOf(hit: string | null): "global" | "per-tool" | "per-agent" | "policy" {
  return hit === "global" || hit === "per-tool" || hit === "per-agent" ? hit : "policy";
}

/** Keeps the values of a label bounded: an agent makes up the names of tools. */
export class BoundedLabel {
  readonly #known = new Set<string>();

  /** The value itself, or {@link OTHER}. */
  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= MAX_LABEL_VALUES) return OTHER;
    this.#known.add(value);
    return value;
  }
}

/**
 * Statistics as the API gives them.
 *
 * @module
 */

import type { RuleStats } from "../../src/web/refusal_queries.ts";
import type { NamedStats, Overview, SeriesPoint } from "../../src/web/stats_queries.ts";

export type { NamedStats, Overview, RuleStats, SeriesPoint };

/** `/api/overview`. */
export interface OverviewAnswer extends Overview {
  readonly open_calls: number;
  readonly sparkline: readonly SeriesPoint[];
  readonly series?: readonly SeriesPoint[];
  readonly counting: { readonly complete: boolean; readonly rows_left: number };
}

/** `/api/tools`: the name is in the column that it was asked by; only tools and servers have quantiles. */
export interface GroupStats extends NamedStats {
  readonly tool_name?: string;
  readonly server_name?: string;
  readonly agent_id?: string | null;
  readonly host?: string | null;
  readonly gateway?: string | null;
  readonly p50_ms?: number | null;
  readonly p95_ms?: number | null;
  readonly p99_ms?: number | null;
}

/** The name that it was asked by; `unknown` for an agent that told none. */
export function nameOf({ tool_name, server_name, agent_id, host, gateway }: GroupStats): string {
  return tool_name ?? server_name ?? agent_id ?? host ?? gateway ?? "unknown";
}

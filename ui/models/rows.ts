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

/** `/api/tools`. */
export interface ToolStats extends NamedStats {
  readonly tool_name: string;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

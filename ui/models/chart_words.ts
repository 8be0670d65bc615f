/**
 * A chart in words.
 *
 * @module
 */

import { count, tookMs } from "./format.ts";
import type { WindowAnswer } from "./window.ts";

/** What the chart shows, in words. */
export function chartWords({ sums, lines, step_s }: WindowAnswer): string {
  const peak = Math.max(0, ...lines.calls);
  return `${count(sums.calls)} calls, ${count(sums.denied)} refused, ${
    count(sums.errors)
  } failed; ` +
    `at most ${count(peak)} per ${stepWords(step_s)}. p95 ${tookMs(sums.p95_ms)}.`;
}

/** `minute`, `5 minutes`, `2 hours`. */
export function stepWords(seconds: number): string {
  const [unit, size] = seconds < 3600
    ? ["minute", 60] as const
    : seconds < 86_400
    ? ["hour", 3600] as const
    : ["day", 86_400] as const;
  const amount = Math.round(seconds / size);
  return amount === 1 ? unit : `${amount} ${unit}s`;
}

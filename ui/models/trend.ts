/**
 * Counts over time, with the times at which nothing was counted.
 *
 * @module
 */

import type { Span } from "./span.ts";
import { momentsOf } from "./span_words.ts";

/**
 * Fills the gaps of a trend, which the API counts by the hour up to eight days, and by the day beyond.
 *
 * @param trend Beginnings of hours or days that have counts, in order.
 */
export function filledTrend(
  trend: readonly { readonly at: string; readonly count: number }[],
  span: Span,
  nowMs: number,
): number[] {
  const { from, to } = momentsOf(span, nowMs), ms = to - from;
  const step = ms <= 8 * 86_400_000 ? 3_600_000 : 86_400_000;
  const counts = new Map(trend.map(({ at, count }) => [Date.parse(at), count]));
  const values: number[] = [];
  for (let at = from - from % step; at <= to; at += step) {
    values.push(counts.get(at) ?? 0);
  }
  return values;
}

/**
 * Counts over time, with the times at which nothing was counted.
 *
 * @module
 */

/** Milliseconds of a span by its name, like `24h`. */
export function spanMs(last: string): number {
  return parseInt(last) * (last.endsWith("d") ? 86_400_000 : 3_600_000);
}

/**
 * Fills the gaps of a trend, which the API counts by the hour up to eight days, and by the day beyond.
 *
 * @param trend Beginnings of hours or days that have counts, in order.
 */
export function filledTrend(
  trend: readonly { readonly at: string; readonly count: number }[],
  last: string,
  nowMs: number,
): number[] {
  const ms = spanMs(last), step = ms <= 8 * 86_400_000 ? 3_600_000 : 86_400_000;
  const counts = new Map(trend.map(({ at, count }) => [Date.parse(at), count]));
  const values: number[] = [];
  for (let at = nowMs - ms - (nowMs - ms) % step; at <= nowMs; at += step) {
    values.push(counts.get(at) ?? 0);
  }
  return values;
}

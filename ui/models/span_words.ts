/**
 * A span of time in words and in moments.
 *
 * @module
 */

import { type Span, spanLabel } from "./span.ts";

/** What is asked for, in words that go on after "in": `24 h`, or that it was chosen. */
export function spanText(span: Span): string {
  return "last" in span ? spanLabel(span.last) : "the chosen time";
}

/** Moments of a span, in milliseconds. */
export function momentsOf(
  span: Span,
  nowMs: number,
): { readonly from: number; readonly to: number } {
  if ("from" in span) return { from: span.from * 1000, to: span.to * 1000 };
  const unit = span.last.endsWith("d") ? 86_400_000 : 3_600_000;
  return { from: nowMs - parseInt(span.last) * unit, to: nowMs };
}

/** The step at which names are counted in a span: those of the API. */
export function stepText(span: Span): string {
  const { from, to } = momentsOf(span, Date.now()), days = (to - from) / 86_400_000;
  return days <= 2 ? "hours" : days <= 7 ? "six hours" : "days";
}

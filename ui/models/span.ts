/**
 * The span of time that a page is about.
 *
 * @module
 */

/** Spans that can be chosen, as the API knows them. */
export const SPANS = ["1h", "6h", "24h", "7d", "30d"] as const;

/** A span: one of {@link SPANS} up to now, or from and to a moment, in seconds since the epoch. */
export type Span =
  | { readonly last: string }
  | { readonly from: number; readonly to: number };

/** Words of the address that tell a span. */
export interface SpanWords {
  readonly span: string | null;
  readonly from: string | null;
  readonly to: string | null;
}

/** Reads a span; whatever is none means the last `byDefault`. */
export function readSpan({ span, from, to }: SpanWords, byDefault = "24h"): Span {
  const begin = Number(from ?? NaN), end = Number(to ?? NaN);
  if (Number.isFinite(begin) && Number.isFinite(end) && end > begin) {
    return { from: begin, to: end };
  }
  return { last: SPANS.find((known) => known === span) ?? byDefault };
}

/** The span as words of a request. */
export function spanQuery(span: Span): string {
  return "last" in span ? `span=${span.last}` : `from=${span.from}&to=${span.to}`;
}

/** The span as words of the address; null takes a word away. */
export function spanWords(span: Span): Record<string, string | null> {
  if ("last" in span) return { span: span.last, from: null, to: null };
  return { span: null, from: `${span.from}`, to: `${span.to}` };
}

/** `24 h` of `24h`. */
export function spanLabel(last: string): string {
  return last.replace(/(?=[a-z])/, " ");
}

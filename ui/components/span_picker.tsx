/**
 * The span of time that a page is about; it is in the address.
 *
 * @module
 */

import { useActions, useApp } from "../app_model.ts";
import { dayAndClock } from "../models/format.ts";
import { readSpan, type Span, spanLabel, SPANS, spanWords } from "../models/span.ts";

/** The span that the address tells. */
export function useSpan(byDefault = "24h"): Span {
  const { route } = useApp();
  const word = (name: string) => route.get(name);
  return readSpan({ span: word("span"), from: word("from"), to: word("to") }, byDefault);
}

/** Chooses a span. */
export function SpanPicker({ byDefault = "24h" }: { readonly byDefault?: string }) {
  const { route, now } = useApp();
  const span = useSpan(byDefault);
  useActions(() =>
    SPANS.map((last) => ({
      id: `span-${last}`,
      label: `Show the last ${spanLabel(last)}`,
      run: () => route.set(spanWords({ last }), true),
    }))
  );
  const at = (seconds: number) => dayAndClock(new Date(seconds * 1000).toISOString(), now.value);
  return (
    <div class="spans" role="group" aria-label="Span of time">
      {SPANS.map((last) => (
        <button
          type="button"
          key={last}
          aria-pressed={"last" in span && span.last === last}
          onClick={() => route.set(spanWords({ last }), true)}
        >
          {spanLabel(last)}
        </button>
      ))}
      {"from" in span && (
        <button
          type="button"
          aria-pressed="true"
          title="Back to the whole span"
          onClick={() => route.set({ from: null, to: null }, true)}
        >
          {at(span.from)} – {at(span.to)} ✕
        </button>
      )}
    </div>
  );
}

/**
 * Six numbers, each with its change and a line, and each a way into the calls behind it.
 *
 * @module
 */

import type { Span } from "../models/span.ts";
import type { Card } from "../models/window.ts";
import { Spark } from "./spark.tsx";

/** Where a card leads: the calls of its filter, in the same span. */
function hrefOf({ filter }: Card, span: Span): string {
  const since = "last" in span
    ? `since:${span.last}`
    : `since:${isoOf(span.from)} until:${isoOf(span.to)}`;
  return `/activity?${new URLSearchParams({ q: `${filter} ${since}`.trim() })}`;
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000", "");
}

/** The cards; a place for each while they are not known. */
export function Cards(
  { cards, span }: { readonly cards: readonly Card[] | null; readonly span: Span },
) {
  if (cards === null) {
    return (
      <div class="cards" aria-busy="true">
        {Array.from({ length: 6 }, (_, at) => <div class="card" key={at} />)}
      </div>
    );
  }
  return (
    <div class="cards">
      {cards.map((card) => (
        <a class="card" key={card.name} href={hrefOf(card, span)}>
          <span class="label">{card.label}</span>
          <b>{card.value}</b>
          <span class="dim">
            {card.note}
            {card.change !== null && (
              <span class="change" title="Against the span before">{card.change}</span>
            )}
          </span>
          {card.spark.length > 1 && <Spark values={card.spark} tone={card.tone} />}
        </a>
      ))}
    </div>
  );
}

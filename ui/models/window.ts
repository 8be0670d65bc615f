/**
 * A window of time as the page shows it.
 *
 * @module
 */

import type { WindowAnswer } from "../../src/web/routes/window.ts";
import { change, count, share, tookMs } from "./format.ts";

export type { WindowAnswer };

/** Points of a card's line. */
const SPARK_POINTS = 24;

/** One number, what it was before, and how it went. */
export interface Card {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly note: string;
  /** `+12 %` against the window before; null when there is nothing to say. */
  readonly change: string | null;
  readonly tone: "accent" | "denied" | "error" | "quiet";
  readonly spark: readonly number[];
  /** Filter of the calls behind it. */
  readonly filter: string;
}

/** The six cards of a window. */
export function cardsOf({ sums, before, lines }: WindowAnswer): readonly Card[] {
  const { calls, denied, errors, p50_ms, p95_ms, p99_ms, agents, sessions } = sums;
  return [
    {
      ...{ name: "calls", label: "Calls", value: count(calls), tone: "accent", filter: "" },
      note: `${count(sessions)} ${sessions === 1 ? "session" : "sessions"}`,
      change: change(calls, before.calls),
      spark: thinned(lines.calls, "sum"),
    },
    {
      ...{ name: "denied", label: "Kept from", value: count(denied), tone: "denied" },
      ...{ note: share(denied, calls), filter: "status:denied" },
      change: change(denied, before.denied),
      spark: thinned(lines.denied, "sum"),
    },
    {
      ...{ name: "errors", label: "Errors", value: count(errors), tone: "error" },
      ...{ note: share(errors, calls), filter: "status:error" },
      change: change(errors, before.errors),
      spark: thinned(lines.errors, "sum"),
    },
    {
      ...{ name: "p50", label: "p50", value: tookMs(p50_ms), tone: "quiet", filter: "" },
      note: "half are faster",
      change: change(p50_ms, before.p50_ms),
      spark: thinned(lines.p50_ms, "mean"),
    },
    {
      ...{ name: "p95", label: "p95", value: tookMs(p95_ms), tone: "quiet" },
      note: `p99 ${tookMs(p99_ms)}`,
      filter: p95_ms === null ? "" : `took:>${Math.floor(p95_ms)}ms`,
      change: change(p95_ms, before.p95_ms),
      spark: thinned(lines.p95_ms, "mean"),
    },
    {
      ...{ name: "agents", label: "Agents", value: count(agents), tone: "quiet", filter: "" },
      note: sessions === 0 ? "" : callsEach(Math.round(calls / sessions)),
      change: change(agents, before.agents),
      spark: [],
    },
  ];
}

/** Draws values together to a few points; those that are not known are left out. */
export function thinned(
  values: readonly (number | null)[],
  by: "sum" | "mean",
): readonly number[] {
  const points = Math.min(SPARK_POINTS, values.length);
  return Array.from({ length: points }, (_, point) => {
    const from = Math.floor(point * values.length / points);
    const to = Math.floor((point + 1) * values.length / points);
    const known = values.slice(from, to).filter((value) => value !== null);
    const sum = known.reduce((sum, value) => sum + value, 0);
    return by === "sum" || known.length === 0 ? sum : sum / known.length;
  });
}

function callsEach(calls: number): string {
  return `${count(calls)} ${calls === 1 ? "call" : "calls"} a session`;
}

/**
 * The calls of a session on one axis of time, on which the hours when nothing happened are short.
 *
 * @module
 */

import { type Call, tookUs } from "./call.ts";

/** A call on the axis; places are shares of its length, from 0 to 1. */
export interface Bar {
  readonly call: Call;
  readonly from: number;
  readonly width: number;
}

/** A time without calls that was made short. */
export interface Gap {
  readonly at: number;
  readonly ms: number;
}

/** A session on its axis. */
export interface Waterfall {
  readonly bars: readonly Bar[];
  readonly gaps: readonly Gap[];
  /** From the first call to the end of the last, in milliseconds, gaps included. */
  readonly ms: number;
}

/** Share of the axis that an idle time takes, and how much longer than that it must be to be folded. */
const GAP_SHARE = 0.03, MIN_GAP_MS = 1000;
/** Milliseconds from which an idle time is told. */
const TOLD_GAP_MS = 10_000;

/** Places calls; the oldest first. */
export function waterfallOf(calls: readonly Call[], nowMs: number): Waterfall {
  const spans = calls.map((call) => {
    const from = Date.parse(call.timestamp), us = tookUs(call);
    const to = call.outcome === "open" ? Math.max(from, nowMs) : from + (us ?? 0) / 1000;
    return { call, from, to };
  }).sort((a, b) => a.from - b.from);
  if (spans.length === 0) return { bars: [], gaps: [], ms: 0 };
  const start = spans[0]!.from;
  const busy: { from: number; to: number }[] = [];
  for (const { from, to } of spans) {
    const last = busy.at(-1);
    if (last !== undefined && from <= last.to + MIN_GAP_MS) last.to = Math.max(last.to, to);
    else busy.push({ from, to });
  }
  const busyMs = Math.max(1, busy.reduce((sum, { from, to }) => sum + to - from, 0));
  const gapShare = Math.min(GAP_SHARE, 0.4 / Math.max(1, busy.length - 1));
  const gapsShare = gapShare * (busy.length - 1), scale = (1 - gapsShare) / busyMs;
  const gaps: Gap[] = [];
  let at = 0;
  const places = busy.map(({ from, to }, index) => {
    const place = { from, to, at };
    at += (to - from) * scale;
    const next = busy[index + 1];
    if (next !== undefined) {
      const ms = next.from - to;
      if (ms >= TOLD_GAP_MS) gaps.push({ at: at + gapShare / 2, ms });
      at += gapShare;
    }
    return place;
  });
  const placeOf = (ms: number) => {
    const place = places.findLast(({ from }) => from <= ms)!;
    return place.at + (Math.min(ms, place.to) - place.from) * scale;
  };
  return {
    bars: spans.map(({ call, from, to }) => ({
      call,
      from: placeOf(from),
      width: placeOf(to) - placeOf(from),
    })),
    gaps,
    ms: Math.max(...spans.map(({ to }) => to)) - start,
  };
}

/**
 * When a call began, as exactly as there is room.
 *
 * @module
 */

import { clock, dayAndClock } from "../models/format.ts";

/** The time of today, to the second or, `isFine`, the millisecond; of another day with its date. */
export function CallTime(
  { timestamp, nowMs, isFine }: {
    readonly timestamp: string;
    readonly nowMs: number;
    readonly isFine: boolean;
  },
) {
  const short = dayAndClock(timestamp, nowMs), isToday = short.length === 8;
  const [text, more] = isToday
    ? [short, isFine ? clock(timestamp).slice(8) : ""]
    : [short.slice(0, -3), short.slice(-3)];
  return (
    <>
      {text}
      <span class="wide">{more}</span>
    </>
  );
}

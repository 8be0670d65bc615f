/**
 * Fleets under several demands, in simulated time.
 *
 * @module
 */

import { Fleet, type Pause, type Tally } from "./fleet.ts";
import { dice } from "../../tests/transport/world.ts";

const WINDOW_MS = 60_000;
/** What is counted begins when gateways have met, and ends after two minutes. */
const BEGIN_MS = 5000, END_MS = 125_000;

/** How agents call. */
export interface Demand {
  readonly name: string;
  /** Calls a minute, beside the limit. */
  readonly load: number;
  /** Calls that come at once. */
  readonly burst: number;
  readonly pauses: readonly Pause[];
}

const pause = (seconds: number): Pause => ({ at: 20_000, forMs: 1000 * seconds });

/** All that is tried. */
export const DEMANDS: readonly Demand[] = [
  { name: "steady, 1.2 of the limit", load: 1.2, burst: 1, pauses: [] },
  { name: "steady, 5 times the limit", load: 5, burst: 1, pauses: [] },
  { name: "steady, half of the limit", load: 0.5, burst: 1, pauses: [] },
  { name: "bursts of 50, twice the limit", load: 2, burst: 50, pauses: [] },
  { name: "steady, engine pauses 1 s", load: 1.2, burst: 1, pauses: [pause(1)] },
  { name: "steady, engine pauses 10 s", load: 1.2, burst: 1, pauses: [pause(10)] },
  { name: "bursts of 50, engine pauses 60 s", load: 2, burst: 50, pauses: [pause(60)] },
];

/** What came of a fleet. */
export interface Outcome {
  /** Calls that one bucket would not have let through. */
  readonly over: number;
  /** Share of the limit that was used, or of the calls where those are fewer; not those in pauses. */
  readonly used: number;
  /** Share of calls that waited for the engine. */
  readonly held: number;
  /** Runs of the script a second. */
  readonly operations: number;
}

/** One fleet, from the moment when its limit was reached. */
export function simulate(gateways: number, maxCalls: number, demand: Demand): Outcome {
  const random = dice(gateways + maxCalls), { pauses, load, burst } = demand;
  const limit = { maxCalls, windowMs: WINDOW_MS };
  const fleet = new Fleet({ gateways, limit, pauses, clockSkew: 0.001, random });
  const { events } = fleet, burstsAMs = load * maxCalls / WINDOW_MS / burst;
  const next = (): void => {
    const gateway = Math.floor(gateways * random());
    for (let i = 0; i < burst; i++) fleet.call(gateway);
    events.after(-Math.log(1 - random()) / burstsAMs, next);
  };
  fleet.spendAll();
  events.after(0, next);
  events.runUntil(BEGIN_MS);
  const before = { ...fleet.tally };
  events.runUntil(END_MS);
  const since = (count: keyof Tally) => fleet.tally[count] - before[count];
  const spanMs = END_MS - BEGIN_MS;
  const usable = Math.min(spanMs * maxCalls / WINDOW_MS, since("calls") - since("callsInPauses"));
  return {
    over: fleet.tally.overAdmitted,
    used: since("admitted") / usable,
    held: since("held") / since("calls"),
    operations: 1000 * since("operations") / spanMs,
  };
}

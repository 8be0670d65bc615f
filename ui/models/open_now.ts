/**
 * What is open now: calls that run, and circuits that refuse.
 *
 * @module
 */

import { quoted } from "./filter.ts";
import { count } from "./format.ts";
import type { WindowAnswer } from "./window.ts";

/** Milliseconds after which a call that runs is worth a word. */
const LONG_MS = 2000;
/** Milliseconds for which a refusal says that a circuit is open: nobody but its gateway knows more. */
const LATELY_MS = 60_000;

type Circuit = WindowAnswer["circuits"][number];

/** Calls that have run for a while. */
export function longCalls(open: WindowAnswer["open"], nowMs: number): WindowAnswer["open"] {
  return open.filter(({ timestamp }) => nowMs - Date.parse(timestamp) > LONG_MS);
}

/** Circuits that have refused within the last minute; an answer may be older than that. */
export function refusingNow(circuits: readonly Circuit[], nowMs: number): readonly Circuit[] {
  return circuits.filter(({ last_seen }) => nowMs - Date.parse(last_seen) < LATELY_MS);
}

/** `2 tools refused by an open circuit in the last minute`. */
export function circuitWords({ length }: readonly Circuit[]): string {
  return `${count(length)} ${
    length === 1 ? "tool" : "tools"
  } refused by an open circuit in the last minute`;
}

/** The filter of the calls that a circuit has refused, or all of them. */
export function circuitFilter(of?: Pick<Circuit, "server_name" | "tool_name">): string {
  const all = "outcome:circuit_open since:1h";
  return of === undefined
    ? all
    : `${all} server:${quoted(of.server_name)} tool:${quoted(of.tool_name)}`;
}

/**
 * Calls as the page shows them.
 *
 * @module
 */

import type { ShortRow } from "../../src/web/feed_frames.ts";

/** A call in short. */
export type Call = ShortRow;

/** How a call stands: `data-tone` of what shows it. */
export type Tone = "quiet" | "denied" | "error" | "limited" | "running";

/** A word for the outcome, and its tone. */
export function outcomeOf(call: Pick<Call, "status" | "outcome">): { word: string; tone: Tone } {
  const { status, outcome } = call;
  if (outcome === "open") return { word: "running", tone: "running" };
  if (status === "rate_limited") return { word: "limited", tone: "limited" };
  if (status === "denied") return { word: wordOf(outcome ?? status), tone: "denied" };
  if (status === "error") return { word: wordOf(outcome ?? status), tone: "error" };
  return { word: wordOf(outcome ?? "ok"), tone: "quiet" };
}

const WORDS: Readonly<Record<string, string>> = {
  tool_error: "tool error",
  circuit_open: "circuit open",
  timed_out: "timed out",
  server_gone: "server gone",
  agent_gone: "agent gone",
  allowed: "ok",
};

function wordOf(outcome: string): string {
  return WORDS[outcome] ?? outcome;
}

/** Microseconds that a call took; null while it runs, and where that was not measured. */
export function tookUs({ latency_us, latency_ms }: Pick<Call, "latency_us" | "latency_ms">) {
  return latency_us ?? (latency_ms === null ? null : latency_ms * 1000);
}

/**
 * Puts news into a bounded history, newest first. A call that is there already is changed where it
 * stands.
 *
 * @param news In the order in which they came.
 */
export function merged(
  history: readonly Call[],
  news: readonly Call[],
  bound: number,
): readonly Call[] {
  const fresh = new Map(news.map((call) => [call.id, call]));
  const kept = history.map((call) => {
    const changed = fresh.get(call.id);
    if (changed === undefined) return call;
    fresh.delete(call.id);
    return (changed.change ?? 0) >= (call.change ?? 0) ? changed : call;
  });
  if (fresh.size === 0) return kept;
  return [...[...fresh.values()].reverse(), ...kept].slice(0, bound);
}

/** A call, and how often it was repeated right before. */
export interface Folded {
  readonly call: Call;
  readonly times: number;
  /** The first of them: it stays the same while more come. */
  readonly key: string;
}

/** Folds calls that follow one another and differ in nothing but time. */
export function folded(calls: readonly Call[], bound: number): Folded[] {
  const found: { call: Call; times: number; key: string }[] = [];
  for (const call of calls) {
    const last = found.at(-1);
    if (last !== undefined && isRepeat(last.call, call)) {
      last.times++;
      last.key = call.id;
      continue;
    }
    if (found.length === bound) break;
    found.push({ call, times: 1, key: call.id });
  }
  return found;
}

function isRepeat(a: Call, b: Call): boolean {
  return a.tool_name === b.tool_name && a.server_name === b.server_name &&
    a.outcome === b.outcome && a.status === b.status && a.policy_hit === b.policy_hit &&
    a.arguments === b.arguments && a.session_id === b.session_id;
}

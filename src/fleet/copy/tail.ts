/**
 * What is asked of each log next, and how far it is copied with the answer.
 *
 * @module
 */

import type { CopySource } from "../../audit/copy_state.ts";
import {
  type AskedChanges,
  type FleetCalls,
  READ_BATCH,
  type ShippedSource,
} from "./calls_reader.ts";

/** Logs of one question. */
export const MAX_ASKED = 500;

/** Logs by their UUIDs. */
export type KnownSources = ReadonlyMap<string, CopySource>;

/** A question. */
export interface TailQuestion {
  readonly asked: readonly AskedChanges[];
  /** At most so many rows of each. */
  readonly rows: number;
}

/**
 * Asks for what is new, of each log some.
 *
 * @param look Number of the look: each log is the first at some time, for an answer may be full before
 *   it is at the last.
 */
export function tailQuestion(
  shipped: readonly ShippedSource[],
  known: KnownSources,
  look: number,
): TailQuestion {
  const waiting = shipped.map(({ source, shipped }) => ({
    ...{ source, after: markOf(source, known), upTo: shipped },
  })).filter(({ after, upTo }) => upTo > after);
  const first = look % Math.max(1, waiting.length);
  const asked = [...waiting.slice(first), ...waiting.slice(0, first)].slice(0, MAX_ASKED);
  return { asked, rows: Math.ceil(READ_BATCH.rows / Math.max(1, asked.length)) };
}

/** The logs of which something is other than it was known. */
export function changedSources(
  shipped: readonly ShippedSource[],
  known: KnownSources,
  question: TailQuestion,
  answer: FleetCalls,
): CopySource[] {
  const marks = new Map(marksAfter(question, answer));
  return shipped.map(({ source, host, shippedAt }) => ({
    ...{ source, host, shipped_at: shippedAt },
    mark: marks.get(source) ?? markOf(source, known),
  })).filter((source) => isOther(source, known.get(source.source)));
}

/** Whether there is more to copy of any log. */
export function isTailBehind(shipped: readonly ShippedSource[], known: KnownSources): boolean {
  return shipped.some(({ source, shipped }) => shipped > markOf(source, known));
}

function markOf(source: string, known: KnownSources): number {
  return known.get(source)?.mark ?? 0;
}

function* marksAfter(
  { asked, rows }: TailQuestion,
  { calls, found }: FleetCalls,
): Generator<[string, number], void, void> {
  const came = Map.groupBy(calls, ({ source }) => source);
  const end = found > calls.length ? calls.at(-1)!.source : undefined;
  for (const { source, upTo } of asked) {
    const own = came.get(source) ?? [];
    yield [source, source === end || own.length === rows ? own.at(-1)!.change : upTo];
    // Nothing is known of those behind the one at which the answer was full.
    if (source === end) return;
  }
}

function isOther(source: CopySource, known: CopySource | undefined): boolean {
  return known === undefined || known.mark !== source.mark || known.host !== source.host ||
    known.shipped_at !== source.shipped_at;
}

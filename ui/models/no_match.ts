/**
 * Why nothing passes a filter: what would without each of its words.
 *
 * @module
 */

import { tokensOf } from "./filter.ts";
import { count } from "./format.ts";

/** Words that are tried; those after them are only offered. */
const MAX_TRIED = 8;
/** Calls that are counted of each. */
export const MAX_COUNTED = 500;

/** A line without one of its words. */
export interface Without {
  readonly word: string;
  readonly line: string;
  /** Calls that pass it; null where that is not known. */
  readonly calls: number | null;
  /** Whether there may be more of them. */
  readonly hasMore: boolean;
}

/** Asks how many calls pass a line. */
export type CountCalls = (line: string) => Promise<{ calls: number; hasMore: boolean }>;

/** The line without each of its words, in their order. */
export function withoutEach(line: string): Without[] {
  return tokensOf(line).map(({ from, to }) => ({
    word: line.slice(from, to),
    line: `${line.slice(0, from).trimEnd()} ${line.slice(to).trimStart()}`.trim(),
    ...{ calls: null, hasMore: false },
  }));
}

/** Counts for each word, one question each; the word that excludes most is first. */
export async function excludedBy(line: string, ask: CountCalls): Promise<Without[]> {
  const all = withoutEach(line), answers = new Map<string, ReturnType<CountCalls>>();
  const tried = await Promise.all(all.map(async (of, index): Promise<Without> => {
    if (index >= MAX_TRIED) return of;
    // The same word twice leaves the same line.
    if (!answers.has(of.line)) answers.set(of.line, ask(of.line));
    const { calls, hasMore } = await answers.get(of.line)!;
    return { ...of, calls, hasMore };
  }));
  const rank = ({ calls, hasMore }: Without) => calls === null ? -1 : calls + (hasMore ? 0.5 : 0);
  return tried.sort((a, b) => rank(b) - rank(a));
}

/** What stands after "without this word": `there are 312`. */
export function withoutWords({ calls, hasMore }: Without): string {
  if (calls === null) return "";
  if (calls === 0) return hasMore ? "none was found so far" : "there is none either";
  if (hasMore) return `there are ${count(calls)} or more`;
  return calls === 1 ? "there is 1" : `there are ${count(calls)}`;
}

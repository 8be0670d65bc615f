/**
 * Searching the log for a program that ends: by the statistics, where a dashboard has kept some.
 *
 * @module
 */

import { type InvocationRow, timestampText } from "../audit/columns.ts";
import type { InvocationFilter } from "../audit/reader.ts";
import { FILTER_WORDS, InvocationPages, readFilter } from "./invocation_pages.ts";
import { knownHours } from "./known_hours.ts";
import { LogSource } from "./log_source.ts";
import { QueryWords } from "./query_words.ts";
import { StatsKeeper } from "./stats_keeper.ts";
import { statsPath } from "./stats_store.ts";

/**
 * Finds the newest rows of a tool or server, in the hours that know of it.
 *
 * @returns Null where that is no help: for another filter, or without whole statistics.
 */
export function searchLog(
  path: string,
  { tool, server, status, since, shadow, limit }: InvocationFilter & { readonly limit: number },
): InvocationRow[] | null {
  if (shadow === true || tool === undefined && server === undefined) return null;
  try {
    Deno.statSync(statsPath(path));
    using log = new LogSource(path);
    using stats = new StatsKeeper(log);
    const given = Object.entries({ tool, server, status }).filter(([, word]) => word !== undefined);
    const words = new QueryWords(Object.fromEntries(given) as Record<string, string>, FILTER_WORDS);
    const hours = knownHours(words, log, stats);
    if (hours === undefined) return null;
    const filter = readFilter(words, 0);
    const from = since === undefined ? undefined : timestampText(since.getTime());
    const pages = new InvocationPages(log, { ...filter, since: from }, undefined, hours);
    const rows: InvocationRow[] = [];
    while (rows.length < limit && pages.next !== null) {
      rows.push(...pages.slice(limit - rows.length).map(({ row }) => row));
    }
    return rows;
  } catch {
    return null; // The log itself says what is wrong.
  }
}

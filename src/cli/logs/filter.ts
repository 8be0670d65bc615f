/**
 * The filter of `agentgate logs`, from words to values.
 *
 * @module
 */

import { type InvocationFilter, STATUS_WORDS } from "../../audit/reader.ts";
import { UsageError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { UTC, type Zone } from "./zone.ts";

/** The words of a command line. */
export interface FilterWords {
  readonly tool?: string;
  readonly server?: string;
  readonly status?: string;
  readonly shadow?: true;
  readonly since?: string;
  readonly limit: string;
}

/**
 * Checks the words and turns them into a filter.
 *
 * @param now Milliseconds since the epoch, from which a duration counts back.
 * @param zone The time zone of dates without an offset.
 * @throws {UsageError} for the first word that means nothing.
 */
export function parseFilter(
  { tool, server, status, shadow, since, limit }: FilterWords,
  now: number,
  zone: Zone = UTC,
): InvocationFilter & { readonly limit: number } {
  return {
    tool,
    server,
    status: status === undefined ? undefined : parseStatus(status),
    shadow,
    since: since === undefined ? undefined : parseInstantWord("--since", since, now, zone),
    limit: parseLimit(limit),
  };
}

function parseStatus(word: string): string {
  if (STATUS_WORDS.has(word)) return word;
  const words = [...STATUS_WORDS];
  const near = nearest(word, words);
  throw new UsageError(
    `--status ${JSON.stringify(word)} is none of ${words.join(", ")}` +
      (near === undefined ? "" : `; did you mean ${near}?`),
  );
}

/**
 * Reads the number of rows.
 *
 * @throws {UsageError} when it is none.
 */
export function parseLimit(word: string): number {
  const limit = /^\d+$/.test(word) ? Number(word) : NaN;
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new UsageError(`--limit ${JSON.stringify(word)} is not an integer of 1 or more`);
}

const UNIT_MS: Readonly<Record<string, number>> = Object.freeze({
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
});

/** A date, with or without a time, with or without an offset. */
const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Reads a point in time: a date, or how long ago.
 *
 * @param option The option that gave it, for the message.
 * @throws {UsageError} when it is neither.
 */
export function parseInstantWord(option: string, word: string, now: number, zone: Zone): Date {
  const [, amount, unit = ""] = /^(\d+)([smhdw])$/.exec(word) ?? [];
  const date = amount === undefined
    ? parseDateTime(word, zone)
    : new Date(now - Number(amount) * UNIT_MS[unit]!);
  if (date && !Number.isNaN(date.getTime())) return date;
  throw new UsageError(
    `${option} ${JSON.stringify(word)} is neither a duration, as 15m, 2h or 7d, ` +
      `nor a date, as 2026-04-03 or "2026-04-03 09:01:12"`,
  );
}

function parseDateTime(word: string, zone: Zone): Date | undefined {
  const [, day, time = "00:00", offset = zone.suffix] = DATE_TIME.exec(word) ?? [];
  // `Date` takes 30 February for 2 March; asked for the day back, it gives itself away.
  if (day === undefined || !new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return undefined;
  return new Date(`${day}T${time}${offset.toUpperCase().replace(/^(.\d\d)(\d\d)$/, "$1:$2")}`);
}

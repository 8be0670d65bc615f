/**
 * Rows in the text format of PostgreSQL's COPY: columns with tabs between them, a line each.
 *
 * @module
 */

import { FLEET_COLUMNS } from "./columns.ts";

/** Characters that mean something there; a NUL no text of PostgreSQL may hold. */
const SPECIAL = /[\\\n\r\t\0]/, EACH_SPECIAL = /[\\\n\r\t\0]/g;

/** The log itself writes a NUL so; only another program's rows still have one. */
const WRITTEN: Readonly<Record<string, string>> = Object.freeze({
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\uFFFD",
});

const NULL = "\\N";

/** The first and the last day of times that are taken for times. */
const EARLIEST = Date.UTC(1970, 0, 1), LATEST = Date.UTC(2200, 0, 1);

const decoder = new TextDecoder();

/** A time with its zone: without one it would be another time on each machine. */
const ZONED = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/;

/** When a call began, RFC 3339 in UTC; of a text that is no time, the first of all times. */
export function startOf(timestamp: unknown): string {
  const text = String(timestamp), ms = ZONED.test(text) ? Date.parse(text) : NaN;
  return new Date(ms >= EARLIEST && ms < LATEST ? ms : EARLIEST).toISOString();
}

/** One row, from what SQLite holds: `stored` has `change` and the columns of the log. */
export function copyLine(stored: Readonly<Record<string, unknown>>, startedAt: string): string {
  let line = `${startedAt}\t${stored.change}`;
  for (const { name, type } of FLEET_COLUMNS) {
    const value = stored[name];
    line += type === "text" ? `\t${textOf(value)}` : `\t${numberOf(value)}`;
  }
  return `${line}\n`;
}

/** Another program may have written anything: what is no whole number is made one, or left out. */
function numberOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  const whole = typeof value === "number" ? Math.trunc(value) : NaN;
  return Number.isSafeInteger(whole) ? `${whole}` : NULL;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return NULL;
  const text = value instanceof Uint8Array ? decoder.decode(value) : `${value}`;
  return SPECIAL.test(text) ? text.replaceAll(EACH_SPECIAL, (found) => WRITTEN[found]!) : text;
}

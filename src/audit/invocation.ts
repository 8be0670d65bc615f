/**
 * Stored rows as text for programs.
 *
 * @module
 */

import { COLUMNS, type InvocationRow } from "./columns.ts";

/** The columns in the order of {@link COLUMNS}. */
export const INVOCATION_COLUMNS: readonly (keyof InvocationRow)[] = Object.freeze(
  COLUMNS.map(({ name }) => name),
);

/**
 * A row as one line of JSON: what `logs --jsonl`, the REST API and the live feed give out.
 *
 * Payloads are spliced in as they were stored, so that big integers survive.
 */
export function toJsonLine(row: InvocationRow): string {
  const members = COLUMNS.map(({ name, isJson }) => {
    const value = row[name];
    const json = isJson && typeof value === "string" ? embedded(value) : JSON.stringify(value);
    return `"${name}":${json}`;
  });
  return `{${members.join(",")}}`;
}

/** JSON text as it is, on one line; any other text as a JSON string. */
function embedded(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return JSON.stringify(text);
  }
  return text.replaceAll(/[\r\n]+/g, " "); // in JSON these stand between tokens only
}

/**
 * Stored rows as CSV.
 *
 * @module
 */

import { visible } from "../visible.ts";
import type { InvocationRow } from "./columns.ts";
import { INVOCATION_COLUMNS } from "./invocation.ts";

/** The first line. */
export const CSV_HEAD: string = `${INVOCATION_COLUMNS.join(",")}\r\n`;

/**
 * A row, with its line end. RFC 4180: CRLF, quotes where needed; null is empty. What a spreadsheet
 * would take for a formula has an apostrophe before it, which tells that it is text.
 */
export function csvLine(row: InvocationRow): string {
  return INVOCATION_COLUMNS.map((column) => csvField(row[column])).join(",") + "\r\n";
}

/** A field as it stands in a line. */
export function csvField(value: string | number | null): string {
  if (typeof value !== "string") return String(value ?? "");
  const text = (isFormula(value) ? "'" : "") + visible(value);
  return /[",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Characters that begin a formula, once compatible forms (`＝`, `﹣`) are folded to them. */
const BEGINS_FORMULA: ReadonlySet<string> = new Set(["=", "+", "-", "@", "\u2212"]);

/** Whether the first character that a spreadsheet does not skip begins a formula. */
function isFormula(text: string): boolean {
  const first = /[^\p{White_Space}\p{C}]/u.exec(text)?.[0] ?? "";
  return BEGINS_FORMULA.has(first.normalize("NFKC").slice(0, 1));
}

/**
 * Rows of the audit log for programs: JSON lines and CSV.
 *
 * @module
 */

import type { InvocationRow } from "../../audit/columns.ts";
import { INVOCATION_COLUMNS, toJsonLine } from "../../audit/invocation.ts";
import { visible } from "../../visible.ts";

/** Makes text of rows; made for the rows that are known, then used for those to come as well. */
export type Format = (known: readonly InvocationRow[]) => Rendering;

/** The parts of a printed list. */
export interface Rendering {
  readonly head: string;
  readonly lines: (rows: readonly InvocationRow[]) => string;
  readonly foot: string;
  /** Text in place of all this when there is no row. */
  readonly empty: string;
}

/** One JSON object a line; payloads as they were stored, so that big integers survive. */
export const asJsonLines: Format = () => ({
  head: "",
  lines: (rows) => rows.map((row) => `${safeJson(toJsonLine(row))}\n`).join(""),
  foot: "",
  empty: "",
});

/** Escapes what a terminal would obey; the value stays the same. In JSON a bare tab is white space. */
const safeJson = (json: string): string => visible(json.replaceAll("\t", " "));

const CSV_HEAD = `${INVOCATION_COLUMNS.join(",")}\r\n`;

/**
 * RFC 4180: a header, CRLF, quotes where needed; null is empty. What a spreadsheet would take for a
 * formula has an apostrophe before it, which tells that it is text.
 */
export const asCsv: Format = () => ({
  head: CSV_HEAD,
  lines: (rows) => rows.map((row) => `${csvLine(row)}\r\n`).join(""),
  foot: "",
  empty: CSV_HEAD,
});

const csvLine = (row: InvocationRow): string =>
  INVOCATION_COLUMNS.map((column) => csvField(row[column])).join(",");

function csvField(value: string | number | null): string {
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

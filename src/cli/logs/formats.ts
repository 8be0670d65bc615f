/**
 * Rows of the audit log for programs: JSON lines and CSV.
 *
 * @module
 */

import type { InvocationRow } from "../../audit/columns.ts";
import { CSV_HEAD, csvLine } from "../../audit/csv.ts";
import { toJsonLine } from "../../audit/invocation.ts";
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

/** As `csvLine` writes it. */
export const asCsv: Format = () => ({
  head: CSV_HEAD,
  lines: (rows) => rows.map(csvLine).join(""),
  foot: "",
  empty: CSV_HEAD,
});

/**
 * Rows of the audit log for a person.
 *
 * @module
 */

import stringWidth from "string-width";
import type { InvocationRow } from "../../audit/columns.ts";
import { visible } from "../../visible.ts";
import type { Format } from "./formats.ts";

const HEADERS = Object.freeze([
  "Timestamp",
  "Server",
  "Tool",
  "Status",
  "Latency (ms)",
  "Policy Hit",
]);

/** An ASCII table; columns are as wide as the widest of the known cells, wide characters counted. */
export const asTable: Format = (known) => {
  const cells = [HEADERS, ...known.map(cellsOf)];
  const widths = HEADERS.map((_, column) => {
    return cells.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? "")), 0);
  });
  const border = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
  const line = (row: readonly string[]) =>
    `|${row.map((cell, column) => ` ${pad(cell, widths[column] ?? 0)} `).join("|")}|\n`;
  return {
    head: border + line(HEADERS) + border,
    lines: (rows) => rows.map((row) => line(cellsOf(row))).join(""),
    foot: border,
    empty: "No invocations found.\n",
  };
};

function cellsOf(row: InvocationRow): string[] {
  const cells = [
    row.timestamp.slice(0, 19).replace("T", " "),
    row.server_name,
    row.tool_name,
    row.status,
    String(row.latency_ms ?? "-"),
    row.policy_hit ?? "-",
  ];
  return cells.map(visible);
}

const pad = (cell: string, width: number): string =>
  cell + " ".repeat(Math.max(0, width - stringWidth(cell)));

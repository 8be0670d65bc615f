/**
 * Rows of the audit log for a person.
 *
 * @module
 */

import stringWidth from "string-width";
import type { InvocationRow } from "../../audit/columns.ts";
import { visible } from "../../visible.ts";
import type { Format } from "./formats.ts";
import { fit } from "./widths.ts";
import type { Zone } from "./zone.ts";

/** What a table depends on besides its rows. */
export interface TableOptions {
  /** Time zone of the timestamps, which the header names. */
  readonly zone: Zone;
  /** Columns of the terminal; null for none: then every cell is shown in full. */
  readonly terminalWidth: number | null;
  /** Whether rows will come whose cells are not known yet. */
  readonly isOpenEnded: boolean;
}

/** Columns of the table that hold names, which may be of any length. */
const NAMES: ReadonlySet<number> = new Set([1, 2, 5]);

/**
 * An ASCII table; columns are as wide as the widest of the known cells, wide characters counted, or
 * narrower where the terminal is: then cells are cut, with `…` at their end.
 */
export function tableFormat({ zone, terminalWidth, isOpenEnded }: TableOptions): Format {
  const headers = [
    `Timestamp (${zone.name})`,
    "Server",
    "Tool",
    "Status",
    "Latency (ms)",
    "Policy Hit",
  ];
  return (known) => {
    const cells = [headers, ...known.map((row) => cellsOf(row, zone))];
    const natural = headers.map((_, column) =>
      cells.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? "")), 0)
    );
    const frame = 3 * headers.length + 1;
    const widths = terminalWidth === null
      ? natural
      : fit(natural, terminalWidth - frame, NAMES, isOpenEnded);
    const border = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+\n`;
    const shown = terminalWidth === null
      ? pad
      : (cell: string, width: number) => pad(cut(cell, width), width);
    const line = (row: readonly string[]) =>
      `|${row.map((cell, column) => ` ${shown(cell, widths[column] ?? 0)} `).join("|")}|\n`;
    return {
      head: border + line(headers) + border,
      lines: (rows) => rows.map((row) => line(cellsOf(row, zone))).join(""),
      foot: border,
      empty: "No invocations found.\n",
    };
  };
}

function cellsOf(row: InvocationRow, zone: Zone): string[] {
  const cells = [
    zone.show(row.timestamp),
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

const graphemes = new Intl.Segmenter();

/** The cell, or its beginning and `…`, in at most so many columns. */
function cut(cell: string, width: number): string {
  if (stringWidth(cell) <= width) return cell;
  let text = "";
  for (const { segment } of graphemes.segment(cell)) {
    if (stringWidth(text + segment) >= width) break;
    text += segment;
  }
  return text + "…";
}

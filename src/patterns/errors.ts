/**
 * Faults of patterns, read from the messages of the engine.
 *
 * @module
 */

import type { PatternError } from "../expr/checker.ts";

/**
 * Reads the engine's message about a faulty pattern. It repeats the pattern with carets below the place,
 * each line indented by four blanks, or by its number when the pattern has several:
 *
 * ```text
 * regex parse error:
 *     (a
 *     ^
 * error: unclosed group
 * ```
 *
 * @returns The fault and its place; the whole pattern where the message names none.
 */
export function readError(report: string, source: string): PatternError {
  const lines = report.split("\n");
  const said = lines.findLast((line) => line.startsWith("error: "))?.slice("error: ".length);
  const message = said ?? report.replace(/\.$/, "");
  const below = lines.findLastIndex((line) => /^ +\^[ ^]*$/.test(line));
  if (below < 1) return { message, offset: 0, length: source.length };
  const carets = lines[below]!, marked = lines[below - 1]!;
  const numbered = /^ *([0-9]+): /.exec(marked);
  const indent = source.includes("\n") && numbered !== null ? numbered[0].length : 4;
  const line = source.includes("\n") && numbered !== null ? Number(numbered[1]) - 1 : 0;
  // The last run of carets marks the place; one before it, what the place is in conflict with.
  const first = carets.lastIndexOf(" ") + 1;
  const units = (column: number) => [...marked].slice(indent, column).join("").length;
  const start = source.split("\n").slice(0, line).reduce((sum, l) => sum + l.length + 1, 0);
  const offset = start + units(first);
  return { message, offset, length: start + units(carets.length) - offset };
}

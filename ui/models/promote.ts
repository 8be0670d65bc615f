/**
 * Taking a rule out of shadow, in the text of its policy.
 *
 * @module
 */

import { marksOf } from "./toml_marks.ts";

/**
 * A policy whose rule acts instead of only recording: its `mode = "shadow"` is taken out, and nothing
 * else is touched. Null when the text has no such rule, or it is not in shadow.
 */
export function promoted(policy: string, id: string): { text: string; line: number } | null {
  const lines = policy.split("\n"), { isInside, isHeader } = linesOf(policy);
  const wanted = new RegExp(`^\\s*id\\s*=\\s*(["'])${escaped(id)}\\1\\s*(#.*)?$`);
  const at = lines.findIndex((line, n) => !isInside.has(n) && wanted.test(line));
  if (at < 0) return null;
  let from = at, to = at + 1;
  while (from > 0 && !isHeader.has(from)) from--;
  while (to < lines.length && !isHeader.has(to)) to++;
  const mode = lines.findIndex((line, n) =>
    n >= from && n < to && !isInside.has(n) && /^\s*mode\s*=\s*(["'])shadow\1/.test(line)
  );
  if (mode < 0) return null;
  return { text: lines.toSpliced(mode, 1).join("\n"), line: from + 1 };
}

/** Lines that begin inside a string or a list, which are no TOML of their own; and those of tables. */
function linesOf(policy: string): { isInside: Set<number>; isHeader: Set<number> } {
  const isInside = new Set<number>(), isHeader = new Set<number>();
  let line = 0, depth = 0;
  for (const { kind, text } of marksOf(policy)) {
    // A list in a list may look like a table.
    if (kind === "table" && depth === 0) isHeader.add(line);
    else if (kind === "table" || kind === "plain") depth += depthOf(text);
    const from = line;
    line += text.split("\n").length - 1;
    if (kind !== "string" && depth === 0) continue;
    for (let n = from + 1; n <= line; n++) isInside.add(n);
  }
  return { isInside, isHeader };
}

function depthOf(text: string): number {
  return text.split(/[[{]/).length - text.split(/[\]}]/).length;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

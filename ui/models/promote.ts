/**
 * Taking a rule out of shadow, in the text of its policy.
 *
 * @module
 */

/** A table of TOML begins. */
const HEADER = /^\s*\[/;

/**
 * A policy whose rule acts instead of only recording: its `mode = "shadow"` is taken out, and nothing
 * else is touched. Null when the text has no such rule, or it is not in shadow.
 */
export function promoted(policy: string, id: string): { text: string; line: number } | null {
  const lines = policy.split("\n");
  const wanted = new RegExp(`^\\s*id\\s*=\\s*(["'])${escaped(id)}\\1\\s*(#.*)?$`);
  const at = lines.findIndex((line) => wanted.test(line));
  if (at < 0) return null;
  let from = at, to = at + 1;
  while (from > 0 && !HEADER.test(lines[from]!)) from--;
  while (to < lines.length && !HEADER.test(lines[to]!)) to++;
  const mode = lines.findIndex((line, n) =>
    n >= from && n < to && /^\s*mode\s*=\s*(["'])shadow\1/.test(line)
  );
  if (mode < 0) return null;
  return { text: lines.toSpliced(mode, 1).join("\n"), line: from + 1 };
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

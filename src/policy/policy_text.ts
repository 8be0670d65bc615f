/**
 * A policy as the log keeps it: the text of its files without their tests, so that what it decided can
 * be decided again.
 *
 * @module
 */

import type { PolicySource } from "./rules.ts";

/** Stands between two files: no TOML has that character, not even in a comment. */
const BETWEEN = "#\u001e\n";

/** First line of a text in which something was redacted. */
const MASKED = "# parts of this policy are masked here\n";

/** The files of a policy as one text, without tests. */
export function policyText(sources: readonly PolicySource[]): string {
  return sources.map(({ text }) => withoutTests(text)).join(BETWEEN);
}

/** Marks a text that is not what the policy said. */
export function markMasked(text: string): string {
  return MASKED + text;
}

/** Whether a text says all that the policy said. */
export function isMaskedText(text: string): boolean {
  return text.startsWith(MASKED);
}

/** The files of a text that {@link policyText} has made. */
export function sourcesOf(text: string, name: string): readonly PolicySource[] {
  const all = text.split(BETWEEN);
  return all.map((text, n) => ({
    file: all.length === 1 ? name : `${name}, file ${n + 1}`,
    text,
  }));
}

/** `[[tests]]`, `[tests.x]`, `[[tests.steps]]`. */
const TESTS_HEADER = /^\[\[?[ \t]*(?:tests|"tests"|'tests')[ \t]*[\].]/;

/** `tests = [...]` at the top. */
const TESTS_KEY = /^(?:tests|"tests"|'tests')[ \t]*[=.]/;

/**
 * TOML without what it says of `tests`; every other byte stays.
 *
 * @param text Valid TOML.
 */
export function withoutTests(text: string): string {
  if (!text.includes("tests")) return text;
  let kept = "", isTop = true, isTest = false;
  for (let at = 0; at < text.length;) {
    const end = endOfStatement(text, at),
      statement = text.slice(at, end),
      said = statement.trimStart();
    at = end;
    if (said.startsWith("[")) {
      isTop = false;
      isTest = TESTS_HEADER.test(said);
    }
    if (!isTest && !(isTop && TESTS_KEY.test(said))) kept += statement;
  }
  return kept;
}

/** The end of the header, the key with its value, the comment or the blank line that begins at `at`. */
function endOfStatement(text: string, at: number): number {
  let depth = 0;
  while (at < text.length) {
    const c = text[at]!;
    if (c === "\n" && depth <= 0) return at + 1;
    if (c === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (c === '"' || c === "'") {
      at = endOfString(text, at, c);
    } else {
      if (c === "[" || c === "{") depth++;
      if (c === "]" || c === "}") depth--;
      at++;
    }
  }
  return at;
}

function endOfString(text: string, at: number, quote: string): number {
  const isLong = text.startsWith(quote.repeat(3), at), close = isLong ? quote.repeat(3) : quote;
  for (at += close.length; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++;
    else if (text.startsWith(close, at)) {
      at += close.length;
      // Two more quotes may stand before the end of a long string.
      while (isLong && text[at] === quote) at++;
      return at;
    }
  }
  return at;
}

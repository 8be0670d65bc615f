/**
 * A policy as the log keeps it: its files and their packs in one text, without their tests, so that what
 * it decided can be decided again.
 *
 * Each file stands behind a line that names it, and its place among the others by the prefix of its ids:
 *
 * ```text
 * # {"file":"/home/me/policy.toml"}
 * extends = ["./team.toml"]
 * # {"file":"/home/me/team.toml","prefix":"team/"}
 * [[rules]]
 * ```
 *
 * @module
 */

import type { LoadedSource, PackSource, PolicySource } from "./rules.ts";

/** Begins the line before a file: no TOML has that character, not even in a comment. */
const HEAD = "#\u001e";

/** Stood between two files in older texts, which had no packs and no names. */
const BETWEEN = `${HEAD}\n`;

/** First line of a text in which something was redacted. */
const MASKED = "# parts of this policy are masked here\n";

/** The files of a policy as one text, without tests. */
export function policyText(sources: readonly LoadedSource[]): string {
  return sources.map(({ file, prefix, text }) => {
    const head = JSON.stringify(prefix === "" ? { file } : { file, prefix });
    const kept = withoutTests(text);
    return `${HEAD} ${head}\n${kept}${/(^|\n)$/.test(kept) ? "" : "\n"}`;
  }).join("");
}

/** Stands for a text of which nothing could be kept. */
export const LOST_TEXT: string = MASKED;

/** Marks a text that is not what the policy said. */
export function markMasked(text: string): string {
  return MASKED + text;
}

/** Whether a text does not say all that the policy said. */
export function isMaskedText(text: string): boolean {
  return text.startsWith(MASKED);
}

/**
 * The files of a text that {@link policyText} has made, each with its packs.
 *
 * @param name That of the policy, for texts that name no files.
 * @throws {SyntaxError} for a text in which a name was redacted beyond recognition.
 */
export function sourcesOf(text: string, name: string): readonly PolicySource[] {
  const plain = isMaskedText(text) ? text.slice(MASKED.length) : text;
  if (!plain.startsWith(`${HEAD} `)) return namelessSources(plain, name);
  const roots: PackSource[] = [], around: { readonly packs: PackSource[] }[] = [];
  for (const part of plain.split(HEAD).slice(1)) {
    const end = part.indexOf("\n"), { file, prefix = "" } = JSON.parse(part.slice(0, end));
    const source = { file, prefix, text: part.slice(end + 1), packs: [] };
    around.splice(prefix.split("/").length - 1);
    (around.at(-1)?.packs ?? roots).push(source);
    around.push(source);
  }
  return roots;
}

function namelessSources(text: string, name: string): readonly PolicySource[] {
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
 * TOML without what it says of `tests`; every other byte stays, and stays on its line.
 *
 * @param text Valid TOML.
 */
export function withoutTests(text: string): string {
  if (!text.includes("tests")) return text;
  let kept = "", blank = "", isTop = true, isTest = false;
  for (let at = 0; at < text.length;) {
    const end = endOfStatement(text, at),
      statement = text.slice(at, end),
      said = statement.trimStart();
    at = end;
    if (said.startsWith("[")) {
      isTop = false;
      isTest = TESTS_HEADER.test(said);
    }
    if (isTest || isTop && TESTS_KEY.test(said)) {
      blank += statement.replace(/[^\n]+/g, "");
    } else {
      kept += blank + statement;
      blank = "";
    }
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

/**
 * Tells AgentGate's own words from those of the server's command.
 *
 * @module
 */

import { GLOBAL_OPTIONS, type ValueOption, WRAP_OPTIONS } from "./options.ts";

/** A command line in two parts. */
export interface SplitWords {
  /** Words for AgentGate. */
  readonly ours: readonly string[];
  /** The server's command; null when there is none. */
  readonly command: readonly string[] | null;
}

const VALUE_OPTIONS: Readonly<Record<string, ValueOption>> = { ...GLOBAL_OPTIONS, ...WRAP_OPTIONS };

/**
 * Splits a command line. After `--` all is the server's. Without it, the first word behind `wrap` that
 * is neither an option nor its value begins the command, as with `env`, `nice` and `timeout`: clients
 * that write configurations for others are known to eat the `--`.
 */
export function splitWrap(words: readonly string[]): SplitWords {
  let isWrap = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") return { ours: words.slice(0, i), command: words.slice(i + 1) };
    if (word.startsWith("-") && word !== "-") {
      if (takesNext(word)) i++;
    } else if (isWrap) return { ours: words.slice(0, i), command: words.slice(i) };
    else if (word === "wrap") isWrap = true;
    else break;
  }
  const end = words.indexOf("--");
  if (end < 0) return { ours: words, command: null };
  return { ours: words.slice(0, end), command: words.slice(end + 1) };
}

/** Whether an option's value is the next word; `--name=value` has its own. */
function takesNext(word: string): boolean {
  return word.startsWith("--") && Object.hasOwn(VALUE_OPTIONS, word.slice(2));
}

/**
 * The command lines of `wrap` that need no parser: agents start them thousands of times, and loading
 * the parser takes longer, and more memory, than all else before the first call.
 *
 * @module
 */

import type { WrapOptions } from "./wrap.ts";

/** Options that are followed by a value, and whether they may come again. */
const KEYS = Object.freeze(
  {
    "--config": "config",
    "--db": "db",
    "--name": "name",
    "--policy": "policy",
    "--transport": "transport",
  } as const,
);

/**
 * The options in `words`, or null when the parser has to look at them: for anything but `wrap` and
 * options that each stand once (`--policy` as often as wanted) before a value that is no option.
 */
export function plainWrap(words: readonly string[]): WrapOptions | null {
  if (words[0] !== "wrap" || words.length % 2 === 0) return null;
  const options: { -readonly [K in keyof WrapOptions]: WrapOptions[K] } = {};
  for (let i = 1; i < words.length; i += 2) {
    const [word, value] = words.slice(i, i + 2) as [string, string];
    if (!Object.hasOwn(KEYS, word) || value === "" || value.startsWith("-")) return null;
    const key = KEYS[word as keyof typeof KEYS];
    if (key === "policy") options.policy = [...options.policy ?? [], value];
    else if (options[key] !== undefined) return null;
    else options[key] = value;
  }
  return options;
}

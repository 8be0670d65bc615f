/**
 * Command lines of `wrap` that need no parser: agents start them thousands of times, and loading
 * the parser takes longer, and more memory, than all else before the first call.
 *
 * @module
 */

import { GLOBAL_OPTIONS, type ValueOption, WRAP_OPTIONS, type WrapOptions } from "./options.ts";

const OPTIONS: ReadonlyMap<string, ValueOption> = new Map(
  Object.entries({ ...GLOBAL_OPTIONS, ...WRAP_OPTIONS }),
);

/**
 * Reads the words of a plain `wrap`: options that each stand once (one that repeats, as often as
 * wanted) before a value that is no option.
 *
 * @returns The options, or null when the parser has to look at the words.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(plainWrap(["wrap", "--name", "git"]), { name: "git" });
 * assert.equal(plainWrap(["wrap", "--help"]), null);
 * ```
 */
export function plainWrap(words: readonly string[]): WrapOptions | null {
  if (words[0] !== "wrap" || words.length % 2 === 0) return null;
  const options: Record<string, string | readonly string[]> = {};
  for (let i = 1; i < words.length; i += 2) {
    const [word, value] = words.slice(i, i + 2) as [string, string];
    const option = OPTIONS.get(word.slice(2)), name = camelCased(word.slice(2));
    if (!word.startsWith("--") || option === undefined) return null;
    if (value === "" || value.startsWith("-")) return null;
    if (option.repeats) options[name] = [...options[name] ?? [], value];
    else if (options[name] !== undefined) return null;
    else options[name] = value;
  }
  return options;
}

/** `dashboard-port` as the parser calls it: `dashboardPort`. */
function camelCased(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

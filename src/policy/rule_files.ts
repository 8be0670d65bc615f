/**
 * Files that policies name in `[redaction] rules`.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { tableIn } from "../toml/toml.ts";

/** The path of a file that a policy file names: relative to that file. */
export function ruleFilePath(policyFile: string, name: string): string {
  return resolve(dirname(policyFile), name);
}

/**
 * Gives policy files, and behind them the files of rules that they name now. What cannot be read names
 * none.
 */
export function withRuleFiles(policyFiles: readonly string[]): readonly string[] {
  const named = policyFiles.flatMap((file) =>
    namedIn(file).map((name) => ruleFilePath(file, name))
  );
  return [...new Set([...policyFiles, ...named])];
}

function namedIn(file: string): readonly string[] {
  try {
    const text = Deno.readTextFileSync(file);
    const redaction = text.includes("redaction") ? tableIn(text)?.redaction : undefined;
    const rules = (redaction as { readonly rules?: unknown } | undefined)?.rules;
    return [rules].flat().filter((name) => typeof name === "string");
  } catch {
    return [];
  }
}

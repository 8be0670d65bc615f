/** Patterns that tests share. */

import assert from "node:assert/strict";
import { loadPatterns, type Patterns, RustPattern } from "../../src/patterns/pattern.ts";

export const shared: Patterns = await loadPatterns();

export function pattern(source: string, patterns: Patterns = shared): RustPattern {
  const compiled = patterns.compile(source);
  if (!(compiled instanceof RustPattern)) assert.fail(`${source}: ${compiled.message}`);
  return compiled;
}

/** The matched texts. */
export function found(source: string, text: string): string[] {
  return pattern(source).findAll(text).map(({ start, end }) => text.slice(start, end));
}

/**
 * Sizes as words.
 *
 * @module
 */

import { count } from "./format.ts";

/** `144 B`, `18.2 kB`, `3.4 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 999_950) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1e6).toFixed(1)} MB`;
}

/** Bytes of a text as tokens of a model: four a token, as a rule of thumb. */
export function tokens(value: number): string {
  const about = Math.ceil(value / 4);
  return `≈ ${about < 10_000 ? count(about) : `${count(Math.round(about / 1000))}k`} tokens`;
}

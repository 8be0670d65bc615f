/**
 * Node's `process` where it is wanted, and not before: to import `node:process` takes each thread of a
 * wrap 5 to 12 ms of its start, and what of it is used is rarely wanted.
 *
 * @module
 */

import type crypto from "node:crypto";
import type process from "node:process";

/** Node's `crypto`, which takes some 20 ms the first time: it is what hashes without waiting. */
export const nodeCrypto = (): typeof crypto => nodeProcess().getBuiltinModule("node:crypto");

/** Node's `process`; Deno loads it at the first call. */
export function nodeProcess(): typeof process {
  return (globalThis as unknown as { readonly process: typeof process }).process;
}

/**
 * Digests that name texts in the log: the first 16 hex digits of their SHA-256.
 *
 * @module
 */

import { nodeCrypto } from "../node_process.ts";

const DIGITS = 16;

/** Digest of a text. */
export async function digestOf(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(bytes).toHex().slice(0, DIGITS);
}

/** The same without waiting; the first one loads `node:crypto`, which takes milliseconds. */
export function digestNow(text: string): string {
  return nodeCrypto().createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}

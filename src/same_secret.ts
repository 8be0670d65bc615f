/**
 * Comparing what somebody shows with a secret.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two texts are the same, in a time that tells nothing of either, nor of their lengths. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

/** The bytes that stand for a secret where it must not be kept (SHA-256). */
export function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

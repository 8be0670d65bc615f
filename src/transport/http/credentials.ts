/**
 * Who is behind a request: whoever shows the same credential, or else comes from the same address. A
 * name that an agent gives itself says nothing.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Principal } from "./conversations.ts";

/** The principal of a request. Credentials are kept as digests. */
export function credentialOf(
  headers: Headers,
  address: string,
  isAuthorizationOurs: boolean,
): Principal {
  const authorization = isAuthorizationOurs ? null : headers.get("authorization");
  if (authorization === null) return { key: `address ${address}`, isKnown: false };
  return { key: `credential ${digestOf(authorization).toString("base64")}`, isKnown: true };
}

/** Compares two secrets in a time that tells nothing of them. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digestOf(a), digestOf(b));
}

function digestOf(text: string): Uint8Array & { toString(encoding: "base64"): string } {
  return createHash("sha256").update(text).digest();
}

/**
 * Who is behind a request: whoever shows the same credential, or else comes from the same address. A
 * name that an agent gives itself says nothing.
 *
 * @module
 */

import { digestOf } from "../../same_secret.ts";
import type { Principal } from "./conversations.ts";
import { type HeaderList, headerOf } from "./headers.ts";

/** The principal of a request. Credentials are kept as digests. */
export function credentialOf(
  headers: HeaderList,
  address: string,
  isAuthorizationOurs: boolean,
): Principal {
  const authorization = isAuthorizationOurs ? undefined : headerOf(headers, "authorization");
  if (authorization === undefined) return { key: `address ${address}`, isKnown: false };
  return { key: `credential ${digestOf(authorization).toBase64()}`, isKnown: true };
}

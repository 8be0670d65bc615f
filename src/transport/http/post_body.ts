/**
 * The body of a POST that may hold messages: JSON, in UTF-8, as it is.
 *
 * @module
 */

import { type Asked, type BodyBudget, BodyError, readBody } from "./body.ts";
import { headerOf, isIdentity, isJsonBody } from "./headers.ts";
import { errorReply } from "./replies.ts";

/**
 * Reads it.
 *
 * @returns Its bytes, which `budget` has paid for; or the answer to one
 *   that is nothing we read.
 */
export async function readPost(
  asked: Asked,
  maxBytes: number,
  budget: BodyBudget,
): Promise<Uint8Array | Response> {
  const { headers } = asked;
  if (!isJsonBody(headerOf(headers, "content-type"))) {
    return errorReply(415, "send application/json in UTF-8");
  }
  if (!isIdentity(headerOf(headers, "content-encoding"))) {
    return errorReply(415, "send a body that is not compressed");
  }
  try {
    return await readBody(asked, maxBytes, budget);
  } catch (fault) {
    if (!(fault instanceof BodyError)) throw fault;
    const retry: Record<string, string> = fault.status === 503 ? { "retry-after": "1" } : {};
    return errorReply(fault.status, fault.message, retry);
  }
}

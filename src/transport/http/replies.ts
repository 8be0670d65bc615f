/**
 * Answers of our own to HTTP requests.
 *
 * @module
 */

import { WIRE_CODES } from "../../errors.ts";
import { errorResponse } from "../../wire/answers.ts";

/** An answer whose body is JSON. */
export function jsonReply(
  status: number,
  json: string | Uint8Array,
  headers: Headers | Readonly<Record<string, string>> = {},
): Response {
  const all = new Headers(headers);
  all.set("content-type", "application/json");
  return new Response(json as BodyInit, { status, headers: all });
}

/**
 * An error that belongs to no message: JSON-RPC with `id: null`, which clients of either era read as
 * what it is.
 */
export function errorReply(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const code = status < 500 ? WIRE_CODES.invalidRequest : WIRE_CODES.internalError;
  return jsonReply(status, errorResponse(null, { code, message }), headers);
}

/** The answer to who has to show our token and does not. */
export function noToken(): Response {
  return errorReply(401, "show the token of this gateway", { "www-authenticate": "Bearer" });
}

/** Several texts as one body: a batch, unless there is one. */
export function oneBody(texts: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (texts.length === 1) return texts[0]!;
  const decoder = new TextDecoder();
  return `[${
    texts.map((text) => typeof text === "string" ? text : decoder.decode(text)).join(",")
  }]`;
}

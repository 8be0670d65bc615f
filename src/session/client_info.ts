/**
 * Facts of the agent that its messages tell, in both protocol eras.
 *
 * @module
 */

import type { ClientInfo } from "./call.ts";
import type { Message } from "../wire/message.ts";

/**
 * Longest name or version that is kept; a longer one is none. It is not cut: it may be redacted
 * later.
 */
export const MAX_NAME_CHARS = 1024;

/** Before anything is known. */
export const NO_CLIENT_INFO: ClientInfo = Object.freeze({
  agentName: null,
  agentVersion: null,
  protocolVersion: null,
});

const encoder = new TextEncoder();
const CLIENT_INFO = encoder.encode("clientInfo"), META = encoder.encode("_meta");
const PROTOCOL_VERSION = encoder.encode("protocolVersion");

/** Keys of a request's `_meta` since MCP 2026-07-28, which has no `initialize`. */
const META_PROTOCOL_VERSION = "io.modelcontextprotocol/protocolVersion";
const META_CLIENT_INFO = "io.modelcontextprotocol/clientInfo";

/** The agent as its `initialize` request presents it. */
export function clientOfInitialize(request: Message): ClientInfo {
  return Object.freeze({
    ...nameAndVersion(request.value(CLIENT_INFO)),
    protocolVersion: name(request.value(PROTOCOL_VERSION)),
  });
}

/** The version that the answer to `initialize` settles on. */
export function versionOfInitialize(answer: Message, client: ClientInfo): ClientInfo {
  const protocolVersion = name(answer.value(PROTOCOL_VERSION)) ?? client.protocolVersion;
  return Object.freeze({ ...client, protocolVersion });
}

/** The protocol version that a request names for itself (since 2026-07-28); undefined for none. */
export function versionOfRequest(request: Message): string | undefined {
  const bytes = request.member(META);
  if (bytes === null || bytes.length < META_PROTOCOL_VERSION.length) return undefined;
  const version = (request.value(META) as Record<string, unknown> | null)?.[META_PROTOCOL_VERSION];
  return typeof version === "string" ? version : undefined;
}

/** The agent as this one request presents it (2026-07-28), or else `known`. */
export function clientOfRequest(request: Message, known: ClientInfo): ClientInfo {
  const bytes = request.member(META);
  // A _meta that holds no more than a progress token is shorter than the version's key.
  if (bytes === null || bytes.length < META_PROTOCOL_VERSION.length) return known;
  const meta = request.value(META);
  if (typeof meta !== "object" || meta === null) return known;
  const protocolVersion = name((meta as Record<string, unknown>)[META_PROTOCOL_VERSION]);
  if (protocolVersion === null) return known;
  const info = nameAndVersion((meta as Record<string, unknown>)[META_CLIENT_INFO]);
  const unchanged = known.protocolVersion === protocolVersion &&
    known.agentName === info.agentName && known.agentVersion === info.agentVersion;
  return unchanged ? known : Object.freeze({ ...info, protocolVersion });
}

function nameAndVersion(info: unknown): Omit<ClientInfo, "protocolVersion"> {
  const fields = typeof info === "object" && info !== null ? info as Record<string, unknown> : {};
  return { agentName: name(fields["name"]), agentVersion: name(fields["version"]) };
}

function name(value: unknown): string | null {
  return typeof value === "string" && value.length <= MAX_NAME_CHARS ? value : null;
}

/**
 * Headers that mirror what a body says (MCP 2026-07-28, Streamable HTTP): a server may go by either,
 * so both must say the same, before and after we have changed something.
 *
 * @module
 */

import { type Message, TOOLS_CALL } from "../../wire/message.ts";
import { type HeaderList, headerOf } from "./headers.ts";

/** JSON-RPC code of headers that do not fit the body (MCP 2026-07-28). */
export const HEADER_MISMATCH = -32020;

const METHOD = "mcp-method", NAME = "mcp-name", VERSION = "mcp-protocol-version";
const PARAM = "mcp-param-";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** The member of `params` that `Mcp-Name` mirrors, by method. */
const NAMED_BY: ReadonlyMap<string, { readonly key: string; readonly bytes: Uint8Array }> = new Map(
  Object.entries({
    [TOOLS_CALL]: "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "tasks/get": "taskId",
    "tasks/update": "taskId",
    "tasks/cancel": "taskId",
  }).map(([method, key]) => [method, { key, bytes: encoder.encode(key) }]),
);

/** The text that `Mcp-Name` mirrors; undefined for none. */
export function nameMirroredIn(
  method: string,
  params: Readonly<Record<string, unknown>>,
): string | undefined {
  const key = NAMED_BY.get(method)?.key, name = key === undefined ? undefined : params[key];
  return typeof name === "string" ? name : undefined;
}

/**
 * Finds out whether the headers of a POST say the same as a message in its body.
 *
 * @param version The version that the message names for itself; undefined before 2026-07-28.
 * @returns What does not fit, in a few words; undefined when all does.
 */
export function mismatch(
  headers: HeaderList,
  message: Message,
  version: string | undefined,
): string | undefined {
  const method = headerOf(headers, METHOD), name = headerOf(headers, NAME);
  if (version !== undefined && headerOf(headers, VERSION) !== version) {
    return "MCP-Protocol-Version is not the version in _meta";
  }
  // A header that came twice is joined with a comma, and so is none that fits.
  if (method === undefined ? version !== undefined : decoded(method) !== message.method) {
    return "Mcp-Method is not the body's method";
  }
  const key = NAMED_BY.get(message.method)?.bytes;
  const isRight = name === undefined
    ? version === undefined || key === undefined
    : key !== undefined && decoded(name) === message.value(key);
  return isRight ? undefined : "Mcp-Name is not the body's";
}

/**
 * Has the headers follow a body that was changed: each that mirrors a text of the old body that reads
 * otherwise in the new one.
 */
export function followEdits(
  headers: HeaderList,
  before: Uint8Array,
  after: Uint8Array,
): HeaderList {
  const isMirror = (name: string) => name === NAME || name.startsWith(PARAM);
  if (!headers.some(([name]) => isMirror(name))) return headers;
  const changed = new Map<string, string>();
  compare(JSON.parse(decoder.decode(before)), JSON.parse(decoder.decode(after)), changed);
  return headers.map(([name, value]) => {
    const now = isMirror(name) ? changed.get(decoded(value)) : undefined;
    return now === undefined ? [name, value] : [name, encodeValue(now)];
  });
}

/** Notes the leaves that differ, as text. Edits replace strings and numbers, and move nothing. */
function compare(before: unknown, after: unknown, changed: Map<string, string>): void {
  const stack: [unknown, unknown][] = [[before, after]];
  for (let pair; (pair = stack.pop()) !== undefined;) {
    const [old, now] = pair;
    if (typeof old !== "object" || old === null || typeof now !== "object" || now === null) {
      if (old !== now) changed.set(String(old), String(now));
      continue;
    }
    const values = Object.values(now);
    for (const [i, value] of Object.values(old).entries()) stack.push([value, values[i]]);
  }
}

/** A header's value as text: `=?base64?…?=` where it would not fit a header (MCP 2026-07-28). */
function decoded(value: string): string {
  const inner = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/i.exec(value)?.[1];
  if (inner === undefined) return value;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(inner));
  } catch {
    return value;
  }
}

/** Writes a text as a header's value, {@link decoded} gives it back. */
export function encodeValue(text: string): string {
  const fits = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !text.startsWith("=?");
  return fits ? text : `=?base64?${encoder.encode(text).toBase64()}?=`;
}

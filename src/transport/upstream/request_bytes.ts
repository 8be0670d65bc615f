/**
 * A request as the bytes of HTTP/1.1.
 *
 * @module
 */

import type { UpstreamRequest } from "./upstream.ts";

/** Headers that say how a message is framed, or what becomes of the connection: ours alone to say. */
const FRAMING: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "keep-alive", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

const encoder = new TextEncoder();

/**
 * Gives a request as bytes, head and body.
 *
 * @param host The upstream's own name, where no header says another.
 * @throws {Error} for what would not be read as it is meant.
 */
export function requestBytes(request: UpstreamRequest, host: string): Uint8Array {
  const { method, path, headers, body } = request;
  if (!/^[!-\xff]+$/.test(path)) throw new Error("the path has characters that paths cannot have");
  let lines = "", isNamed = false;
  for (const [name, value] of headers) {
    if (FRAMING.has(name)) throw new Error(`the header ${name} belongs to one connection`);
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new Error("a header has characters that headers cannot have");
    }
    isNamed ||= name === "host";
    lines += `${name}: ${value}\r\n`;
  }
  const named = isNamed ? "" : `host: ${host}\r\n`;
  const length = body === null && !/^P/.test(method)
    ? ""
    : `content-length: ${body?.length ?? 0}\r\n`;
  const head =
    `${method} ${path} HTTP/1.1\r\n${named}connection: keep-alive\r\n${lines}${length}\r\n`;
  const bytes = new Uint8Array(head.length + (body?.length ?? 0));
  const { read, written } = encoder.encodeInto(head, bytes);
  // Headers are Latin-1, not UTF-8.
  if (read !== written || read < head.length) {
    for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  }
  if (body !== null) bytes.set(body, head.length);
  return bytes;
}

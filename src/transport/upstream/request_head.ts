/**
 * The head of a request, in HTTP/1.1.
 *
 * @module
 */

import type { UpstreamRequest } from "./upstream.ts";

/** Headers that say how a message is framed, or what becomes of the connection: ours alone to say. */
export const FRAMING: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "keep-alive", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

/**
 * Gives the head of a request, with the empty line that ends it: each character one byte.
 *
 * @param host The upstream's own name, where no header says another.
 * @throws {Error} for what would not be read as it is meant.
 */
export function headOf({ method, path, headers, body }: UpstreamRequest, host: string): string {
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
  if (!isNamed) lines += `host: ${host}\r\n`;
  // Servers want to be told that a POST has no body; of other methods none is expected.
  if (body !== null || method.startsWith("P")) lines += `content-length: ${body?.length ?? 0}\r\n`;
  return `${method} ${path} HTTP/1.1\r\n${lines}connection: keep-alive\r\n\r\n`;
}

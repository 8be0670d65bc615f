/**
 * Headers on their way through: what belongs to one connection stays there (RFC 9110 §7.6.1).
 *
 * @module
 */

/** Names in lower case and values, in order; a name may come again. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Reads all of them; a name that came again is joined by a comma (RFC 9110 §5.3). */
export function listOf(headers: Headers): HeaderList {
  const list: [string, string][] = [];
  // Its iterator costs several times as much.
  headers.forEach((value, name) => list.push([name, value]));
  return list;
}

/** Headers of one connection, and what the other side makes anew. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "content-length"],
]);

/** Headers of a request that are the upstream's own affair: its name, its framing, our token. */
const OURS: ReadonlySet<string> = new Set([
  ...["host", "expect", "accept-encoding", "http2-settings", "x-agentgate-token"],
]);

/** Headers that are no longer true of a body that was changed (RFC 9530, RFC 3230, RFC 1864). */
const DIGESTS: ReadonlySet<string> = new Set([
  ...["content-digest", "repr-digest", "digest", "content-md5", "etag"],
]);

/** Takes out what belongs to one connection, and what its `Connection` header names. */
export function endToEnd(headers: HeaderList): HeaderList {
  const named = headerOf(headers, "connection");
  const isUsual = named === undefined || /^(keep-alive|close)$/i.test(named);
  if (isUsual) return headers.filter((header) => !HOP_BY_HOP.has(header[0]));
  const own = headers.filter(([name]) => name === "connection").flatMap(([, value]) =>
    value.split(",").map((word) => word.trim().toLowerCase())
  );
  return headers.filter(([name]) => !HOP_BY_HOP.has(name) && !own.includes(name));
}

/** Options of {@link requestHeaders}. */
export interface RequestHeaderOptions {
  /** Headers that replace the agent's (`--header`), names in lower case. */
  readonly replacing: HeaderList;
  /** Our own origin, and the upstream's: a page of ours is none of another's to the upstream. */
  readonly ownOrigin: string;
  readonly upstreamOrigin: string;
  /** Whether `Authorization` held a token for us, which is nobody else's. */
  readonly isAuthorizationOurs: boolean;
}

/** The headers of an agent's request as they go on to the upstream. */
export function requestHeaders(headers: HeaderList, options: RequestHeaderOptions): HeaderList {
  const { replacing, ownOrigin, upstreamOrigin, isAuthorizationOurs } = options;
  const list: (readonly [string, string])[] = [];
  for (const header of endToEnd(headers)) {
    const name = header[0];
    if (OURS.has(name) || isAuthorizationOurs && name === "authorization") continue;
    if (headerOf(replacing, name) !== undefined) continue;
    list.push(name === "origin" && header[1] === ownOrigin ? [name, upstreamOrigin] : header);
  }
  // What comes back has to be read.
  list.push(["accept-encoding", "identity"], ...replacing);
  return list;
}

/**
 * The headers of an upstream's answer as they go on to the agent.
 *
 * @param isChanged Whether the body is another than the upstream's.
 */
export function responseHeaders(headers: HeaderList, isChanged = false): HeaderList {
  return endToEnd(headers).filter((header) =>
    !(isChanged && DIGESTS.has(header[0])) &&
    !(header[0] === "content-encoding" && isIdentity(header[1]))
  );
}

/** Value of a header; undefined when it is absent. */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (const header of headers) if (header[0] === name) return header[1];
  return undefined;
}

/** Whether a `content-encoding` says that nothing is encoded. */
export function isIdentity(encoding: string | undefined): boolean {
  if (encoding === undefined) return true;
  return encoding.split(",").every((word) => /^\s*(identity)?\s*$/i.test(word));
}

/** The media type of a `content-type`, in lower case and without parameters (RFC 9110 §8.3.1). */
export function essenceOf(contentType: string | undefined): string {
  return (contentType ?? "").split(";", 1)[0]!.trim().toLowerCase();
}

/** Whether a `content-type` is JSON in UTF-8: whatever else is read differently by different servers. */
export function isJsonBody(contentType: string | undefined): boolean {
  if (contentType === "application/json") return true;
  if (contentType === undefined || contentType.includes(",")) return false;
  const [, ...parameters] = contentType.split(";");
  return essenceOf(contentType) === "application/json" && parameters.every((parameter) => {
    const [name, value = ""] = parameter.split("=", 2).map((part) => part.trim().toLowerCase());
    return name !== "charset" || /^"?utf-?8"?$/.test(value);
  });
}

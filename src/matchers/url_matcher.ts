/**
 * `url(x)`: a text read as an address, by the WHATWG's rules, which most programs follow.
 *
 * Programs that read addresses otherwise are how a rule over them is talked round. So what two of them
 * would read differently is unsure: a user part, a backslash, blanks, a host that is written otherwise
 * than it is meant.
 *
 * @module
 */

import type { Matcher, Reading } from "../expr/matcher.ts";

/** Ports that addresses do not write. */
const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443, ws: 80, wss: 443, ftp: 21 };

/** An address that was read. */
interface Address {
  readonly url: URL;
  readonly host: string;
  readonly isPlain: boolean;
}

/** Makes the matcher. */
export function urlMatcher(): Matcher {
  // The rules of a policy ask for the same one after the other.
  let last: { readonly text: string; readonly address: Address | null } | undefined;
  return {
    members: {
      scheme: "string",
      host: "string",
      port: "number",
      path: "string",
      is_private: "boolean",
    },
    read(text, member): Reading {
      if (last?.text !== text) last = { text, address: addressIn(text) };
      const { address } = last;
      if (address === null) return { values: [], isSure: false };
      const { url, host, isPlain: isSure } = address;
      return { values: valuesOf(url, host, member), isSure };
    },
  };
}

/** Reads a text; null for one that is no address. */
function addressIn(text: string): Address | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text), host = hostOf(url);
  return { url, host, isPlain: isPlain(text, host) };
}

/**
 * The host as the schemes of the web read it; empty for none. Others (`redis:`, `postgres:`) leave it
 * as it is written, and what connects reads it all the same.
 */
function hostOf({ hostname }: URL): string {
  const address = `http://${hostname}`;
  return URL.canParse(address) ? new URL(address).hostname : "";
}

function valuesOf(url: URL, hostname: string, member: string): (string | number | boolean)[] {
  const scheme = url.protocol.slice(0, -1);
  // A dot at the end is the same host.
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  switch (member) {
    case "scheme":
      return [scheme];
    case "host":
      return [host];
    case "port": {
      const port = url.port === "" ? PORTS[scheme] : Number(url.port);
      return port === undefined ? [] : [port];
    }
    case "path":
      return [...new Set([url.pathname, plainPath(url.pathname)])];
    default:
      return [isPrivate(host)];
  }
}

/** The path that a server takes it for that decodes dots and slashes before it walks. */
function plainPath(path: string): string {
  const plain = path.replace(/%(?:25)*(2e|2f|5c)/gi, (_all, code) => {
    return String.fromCharCode(parseInt(code, 16));
  });
  const isAsWritten = plain === path || !path.startsWith("/");
  return isAsWritten ? path : new URL(`http://host${plain}`).pathname;
}

/** Whether the text says what the parser makes of it. */
function isPlain(text: string, hostname: string): boolean {
  // deno-lint-ignore no-control-regex
  if (/[\\\s\0-\x1f\x7f]/.test(text)) return false;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined || authority.includes("@")) return false;
  return authority.replace(/:\d*$/, "").toLowerCase() === hostname;
}

/** Whether a host is of this machine or its net; names are not looked up. */
function isPrivate(host: string): boolean {
  if (/(^|\.)(localhost|local|internal)$/.test(host)) return true;
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  if (v4 !== null) return isPrivateV4(v4.slice(1).map(Number));
  return host.includes(":") && isPrivateV6(groupsOf(host));
}

function isPrivateV4([a, b]: readonly number[]): boolean {
  return a === 0 || a === 10 || a === 127 || a === 169 && b === 254 || a === 192 && b === 168 ||
    a === 172 && b! >= 16 && b! < 32 || a === 100 && b! >= 64 && b! < 128;
}

/** What stands before an IPv4 address: compatible and mapped (RFC 4291), translated (RFC 2765, 6052). */
const BEFORE_V4: ReadonlySet<string> = new Set([
  ...["0:0:0:0:0:0", "0:0:0:0:0:ffff", "0:0:0:0:ffff:0", "64:ff9b:0:0:0:0"],
]);

function isPrivateV6(groups: readonly number[]): boolean {
  const first = groups[0]!;
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80) return true;
  // 6to4 has the address behind its prefix (RFC 3056).
  if (first === 0x2002) return isPrivateV4(bytesOf(groups.slice(1, 3)));
  const before = groups.slice(0, 6).map((group) => group.toString(16)).join(":");
  return BEFORE_V4.has(before) && isPrivateV4(bytesOf(groups.slice(6)));
}

/** The eight groups of an address, as the parser writes it. */
function groupsOf(host: string): number[] {
  const [head = [], tail = []] = host.split("::").map((half) =>
    half.split(":").filter((group) => group !== "").map((group) => parseInt(group, 16))
  );
  return [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function bytesOf(groups: readonly number[]): number[] {
  return groups.flatMap((group) => [group >> 8, group & 255]);
}

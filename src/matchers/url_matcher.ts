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

/** Makes the matcher. */
export function urlMatcher(): Matcher {
  return {
    members: {
      scheme: "string",
      host: "string",
      port: "number",
      path: "string",
      is_private: "boolean",
    },
    read(text, member): Reading {
      if (!URL.canParse(text)) return { values: [], isSure: false };
      const url = new URL(text);
      return { values: valuesOf(url, member), isSure: isPlain(text, url) };
    },
  };
}

function valuesOf(url: URL, member: string): (string | number | boolean)[] {
  const scheme = url.protocol.slice(0, -1), host = url.hostname.replace(/^\[|\]$/g, "");
  switch (member) {
    case "scheme":
      return [scheme];
    case "host":
      // A dot at the end is the same host.
      return [host.replace(/\.$/, "")];
    case "port": {
      const port = url.port === "" ? PORTS[scheme] : Number(url.port);
      return port === undefined ? [] : [port];
    }
    case "path":
      return [url.pathname];
    default:
      return [isPrivate(host.replace(/\.$/, ""))];
  }
}

/** Whether the text says what the parser makes of it. */
function isPlain(text: string, { hostname }: URL): boolean {
  // deno-lint-ignore no-control-regex
  if (/[\\\s\0-\x1f\x7f]/.test(text)) return false;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text)?.[1];
  if (authority === undefined || authority.includes("@")) return false;
  return authority.replace(/:\d*$/, "").toLowerCase() === hostname;
}

/** Whether a host is of this machine or its net; names are not looked up. */
function isPrivate(host: string): boolean {
  if (/(^|\.)(localhost|local|internal)$/.test(host)) return true;
  const mapped = /^::(?:ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (mapped !== null) {
    const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)];
    return isPrivateV4([high >> 8, high & 255, low >> 8, low & 255]);
  }
  const v4 = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(host);
  if (v4 !== null) return isPrivateV4(v4.slice(1).map(Number));
  return host.includes(":") && /^(::1?$|f[cd]|fe[89ab])/.test(host);
}

function isPrivateV4([a, b]: readonly number[]): boolean {
  return a === 0 || a === 10 || a === 127 || a === 169 && b === 254 || a === 192 && b === 168 ||
    a === 172 && b! >= 16 && b! < 32 || a === 100 && b! >= 64 && b! < 128;
}

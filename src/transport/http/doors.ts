/**
 * Who may come in by HTTP: a page in a browser must not reach a gateway on its user's machine (MCP,
 * Streamable HTTP, security warning).
 *
 * @module
 */

import { type HeaderList, headerOf } from "./headers.ts";

/** Options of a {@link Doors}. */
export interface DoorOptions {
  /** The address that is listened on. */
  readonly hostname: string;
  /** More names that a `Host` may have (`--allow-host`). */
  readonly hosts: readonly string[];
  /** More origins that a page may have (`--allow-origin`). */
  readonly origins: readonly string[];
}

/** Checks `Host` and `Origin`. */
export class Doors {
  readonly #isLocal: boolean;
  /** The last name that was ours. */
  #last: string | undefined;
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor({ hostname, hosts, origins }: DoorOptions) {
    this.#isLocal = isLoopback(hostname);
    this.#hosts = new Set([hostname, ...hosts].map((host) => host.toLowerCase()));
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase()));
  }

  /**
   * Reason why a request is turned away; undefined for none.
   *
   * @param ownOrigin Our origin as its address has it: HTTP/2 has no `Host`.
   */
  objection(headers: HeaderList, ownOrigin: string): string | undefined {
    const host = headerOf(headers, "host") ?? ownOrigin.replace(/^.*\/\//, "");
    const origin = headerOf(headers, "origin");
    if (host !== this.#last && !this.#isOurs(host)) {
      return "this Host is not served here; allow it with --allow-host";
    }
    this.#last = host;
    if (origin === undefined) return undefined;
    return this.#isWelcome(origin)
      ? undefined
      : "this Origin is not served here; allow it with --allow-origin";
  }

  /** A name can be made to lead here by whoever owns it; an address cannot. */
  #isOurs(host: string): boolean {
    const whole = host.toLowerCase(), name = whole.replace(/:\d+$/, "");
    if (this.#hosts.has(whole) || this.#hosts.has(name) || isLoopback(name)) return true;
    return !this.#isLocal && isAddress(name);
  }

  #isWelcome(origin: string): boolean {
    if (this.#origins.has(origin.toLowerCase())) return true;
    try {
      const { protocol, host } = new URL(origin);
      return /^https?:$/.test(protocol) && this.#isOurs(host);
    } catch {
      return false;
    }
  }
}

/** Whether a host is this machine's own. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

function isAddress(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^\[[0-9a-f:.]+\]$/i.test(host);
}

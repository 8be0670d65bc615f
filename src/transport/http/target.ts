/**
 * The upstream's address, and how paths of ours become its own.
 *
 * @module
 */

import { UsageError } from "../../errors.ts";
import { forgetOldest } from "../../oldest.ts";
import type { HeaderList } from "./headers.ts";

const MAX_METADATA_PATHS = 64;

/** One upstream, behind one address of ours. */
export class Target {
  readonly origin: string;
  /** Path of the endpoint, there and here; `/` when every path is one. */
  readonly path: string;
  /** Paths at which the upstream has said that it describes itself (RFC 9728 §5.1). */
  readonly metadataPaths: Set<string> = new Set();
  /** The query that every request has. */
  readonly #query: string;

  /**
   * @param defaultPath Path of an address that has none.
   * @throws {UsageError} for anything but an `http:` or `https:` address.
   */
  constructor(upstream: string, defaultPath = "/") {
    const url = URL.canParse(upstream) ? new URL(upstream) : null;
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new UsageError(
        `--upstream needs the address of a server, as https://example.com/mcp, not '${upstream}'`,
      );
    }
    if (url.username !== "" || url.password !== "") {
      throw new UsageError(
        "--upstream must not hold a password: it would show in the list of processes. " +
          'Give it as --header "Authorization: Basic ${VARIABLE}"',
      );
    }
    this.origin = url.origin;
    this.path = url.pathname === "/" ? defaultPath : url.pathname;
    this.#query = url.search.slice(1);
  }

  /** Path and query of the endpoint itself. */
  get endpoint(): string {
    return this.path + (this.#query === "" ? "" : `?${this.#query}`);
  }

  /** The address without its query, which may hold a key. */
  get shown(): string {
    return this.origin + this.path;
  }

  /** Whether a path of ours leads to the upstream. */
  isServed(path: string): boolean {
    return this.path === "/" || path === this.path || path === `${this.path}/` ||
      this.path === `${path}/`;
  }

  /** Path and query at the upstream of a URL of ours. */
  pathFor(url: Pick<URL, "pathname" | "search">): string {
    if (this.#query === "") return url.pathname + url.search;
    const query = [this.#query, url.search.slice(1)].filter((part) => part !== "").join("&");
    return url.pathname + (query === "" ? "" : `?${query}`);
  }

  /** Path and query of a `location` at this upstream; undefined for one that leads elsewhere. */
  pathOf(location: string | undefined, from: string): string | undefined {
    if (location === undefined || !URL.canParse(location, this.origin + from)) return undefined;
    const { origin, pathname, search } = new URL(location, this.origin + from);
    return origin === this.origin ? pathname + search : undefined;
  }

  /** Headers of the upstream, for our own origin, as the agent knows it. */
  localised(headers: HeaderList, ownOrigin: string): HeaderList {
    return headers.map((header) => {
      const [name, value] = header;
      if (name === "location" && value.startsWith(this.origin)) {
        return [name, ownOrigin + value.slice(this.origin.length)];
      }
      return name === "www-authenticate" ? [name, this.#challenge(value, ownOrigin)] : header;
    });
  }

  /** A challenge whose metadata is at our own address. */
  #challenge(challenge: string, ownOrigin: string): string {
    return challenge.replace(/(resource_metadata=")([^"]*)"/g, (all, key, url) => {
      const path = this.pathOf(url, this.path);
      if (path === undefined) return all;
      forgetOldest(this.metadataPaths.add(path), MAX_METADATA_PATHS);
      return `${key}${ownOrigin}${path}"`;
    });
  }
}

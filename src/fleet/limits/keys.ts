/**
 * The keys of what gateways share.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** Kinds whose names agents choose: they are hashed. */
const HASHED: ReadonlySet<string> = new Set(["agent", "tool"]);

/** Makes keys with one prefix. */
export class Keys {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Tells which run of the engine the buckets belong to. */
  get epoch(): string {
    return `${this.#prefix}epoch`;
  }

  /** The bucket of a limit, given as `KIND:NAME`. */
  limit(key: string): string {
    const end = key.indexOf(":"), kind = key.slice(0, end), name = key.slice(end + 1);
    return `${this.#prefix}limit:${kind}:${HASHED.has(kind) ? digestOf(name) : name}`;
  }
}

function digestOf(name: string): string {
  return createHash("sha256").update(name).digest("hex");
}

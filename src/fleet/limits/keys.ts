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

  /** Circuits that are open, by when their cooldown ends. */
  get circuits(): string {
    return `${this.#prefix}circuits`;
  }

  /** Where it is published that a circuit has been opened or closed. */
  get channel(): string {
    return `${this.#prefix}circuits`;
  }

  /** Held by the gateway that probes a circuit, given by its digest. */
  probe(circuit: string): string {
    return `${this.#prefix}probe:${circuit}`;
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

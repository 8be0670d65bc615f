/**
 * The shared limits of one gateway, and what they have to do with the store.
 *
 * @module
 */

import type { FromStore, LeaseRequest, ToStore } from "./lease_protocol.ts";
import { LeasedBucket, type Lessor } from "./leased_bucket.ts";
import type { Limit } from "./token_bucket.ts";

/** Options of {@link Leases}. */
export interface LeasesOptions {
  /** `[fleet] on_outage`. */
  readonly onOutage: "local" | "deny";
  /** Tells whoever asks the store. */
  readonly post: (message: ToStore) => void;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** A number from 0 to 1. */
  readonly random?: () => number;
}

/** Kinds of shared limits, as the keys of the store name them. */
export type LimitKind = "global" | "agent" | "tool" | "rule";

/** Makes buckets that all gateways share, and hands on what the store says. */
export class Leases implements Lessor {
  readonly allowsAlone: boolean;
  readonly now: () => number;
  readonly random: () => number;
  readonly #post: (message: ToStore) => void;
  /** Buckets that ask, hold or owe something, by key. */
  readonly #busy = new Map<string, LeasedBucket>();
  #isOut = false;

  constructor({ onOutage, post, now, random }: LeasesOptions) {
    this.allowsAlone = onOutage === "local";
    this.now = now ?? (() => performance.now());
    this.random = random ?? Math.random;
    this.#post = post;
  }

  get isOut(): boolean {
    return this.#isOut;
  }

  /**
   * Makes the bucket of one limit; the name may be one that agents choose. One that was forgotten
   * while it still asks, as by a policy that is changed and changed back, is the same again: answers
   * find their bucket by its key.
   */
  bucket(kind: LimitKind, name: string, limit: Limit): LeasedBucket {
    const key = `${kind}:${name}`, busy = this.#busy.get(key);
    busy?.resize(limit, this.now());
    return busy ?? new LeasedBucket(key, limit, this);
  }

  ask(bucket: LeasedBucket, request: LeaseRequest): void {
    this.keep(bucket);
    this.#post({ type: "lease", request });
  }

  keep(bucket: LeasedBucket): void {
    this.#busy.set(bucket.key, bucket);
  }

  /** Takes what the store says of limits. */
  receive(message: FromStore): void {
    switch (message.type) {
      case "granted":
        for (const grant of message.grants) this.#busy.get(grant.key)?.answered(grant);
        return;
      case "outage":
        this.#isOut = true;
        for (const bucket of [...this.#busy.values()]) bucket.lost();
        return;
      case "back":
        this.#isOut = false;
        return this.#report();
      case "tick":
        return this.#report();
      default:
        return;
    }
  }

  /** Gives back what is leased. */
  close(): void {
    const now = this.now();
    for (const bucket of this.#busy.values()) bucket.close(now);
    this.#post({ type: "close" });
  }

  #report(): void {
    const now = this.now();
    for (const [key, bucket] of this.#busy) {
      if (!this.#isOut) bucket.report(now);
      if (bucket.isQuiet) this.#busy.delete(key);
    }
  }
}

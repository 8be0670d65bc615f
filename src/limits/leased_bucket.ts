/**
 * A limit that many gateways share: its tokens are leased, some at a time and ahead of need.
 *
 * @module
 */

import { type LeaseGrant, leaseMs, type LeaseRequest } from "./lease_protocol.ts";
import { type Limit, TokenBucket } from "./token_bucket.ts";
import type { Take, Tokens } from "./tokens.ts";

/** What a {@link LeasedBucket} needs to know of the store, and how it asks there. */
export interface Lessor {
  /** Whether the store cannot be asked. */
  readonly isOut: boolean;
  /** Whether calls pass by the gateway's own limit meanwhile. */
  readonly allowsAlone: boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A number from 0 to 1, so that gateways do not all ask at once. */
  readonly random: () => number;
  /** Asks; {@link LeasedBucket.answered} follows, or {@link LeasedBucket.lost}. */
  readonly ask: (bucket: LeasedBucket, request: LeaseRequest) => void;
  /** Has the bucket report when there is somebody to report to. */
  readonly keep: (bucket: LeasedBucket) => void;
}

/** Share of a lease's time in which we use it: clocks do not run alike. */
const USED_SHARE = 0.9;
/** Largest share of a limit that is asked for at once: others want some, too. */
const LARGEST_SHARE = 0.1;
/** Longest time between two questions of one gateway to a store that has nothing left. */
const MAX_PATIENCE_MS = 2000;

/**
 * One shared limit, as one gateway sees it. Its own bucket counts along: no gateway alone lets more
 * through than the limit, whatever becomes of the store.
 */
export class LeasedBucket implements Tokens {
  readonly key: string;
  readonly #lessor: Lessor;
  readonly #own: TokenBucket;
  #limit: Limit;
  /** What is leased, oldest first; `until` in monotonic milliseconds. */
  #leases: { tokens: number; readonly until: number }[] = [];
  /** Tokens in all of them. */
  #left = 0;
  /** Tokens that the next question is for: twice as many when the last did not go far. */
  #size = 1;
  #isAsking = false;
  #asked = 0;
  #askedAt = -Infinity;
  #reported = 0;
  /** Until then nothing is asked for: the store has said when there will be more. */
  #emptyUntil = -Infinity;
  #patienceMs = 0;
  #back = 0;
  #alone = 0;
  #waiting: (() => void)[] = [];

  constructor(key: string, limit: Limit, lessor: Lessor) {
    this.key = key;
    this.#limit = limit;
    this.#lessor = lessor;
    this.#own = new TokenBucket(limit, lessor.now());
  }

  take(now: number): Take {
    const ownWaitMs = this.#own.take(now);
    if (ownWaitMs !== undefined) return ownWaitMs;
    if (this.#spendLease(now)) return undefined;
    if (this.#lessor.isOut && this.#lessor.allowsAlone) {
      this.#alone++;
      this.#lessor.keep(this);
      return undefined;
    }
    this.#own.giveBack();
    if (this.#lessor.isOut) return "outage";
    if (now < this.#emptyUntil) return this.#emptyUntil - now;
    this.#ask(now, 1);
    return "unknown";
  }

  giveBack(): void {
    this.#own.giveBack();
    const lease = this.#leases[0];
    if (this.#alone > this.#reported) this.#alone--;
    else if (lease !== undefined && this.#lessor.now() < lease.until) {
      lease.tokens++;
      this.#left++;
    } else this.#back++;
    this.#lessor.keep(this);
  }

  whenKnown(resume: () => void): void {
    this.#waiting.push(resume);
  }

  /** Changes the limit at once; what is spent stays spent, and what was leased of another limit goes back. */
  resize(limit: Limit, now: number): void {
    const { maxCalls, windowMs } = this.#limit;
    if (limit.maxCalls === maxCalls && limit.windowMs === windowMs) return;
    this.#limit = limit;
    this.#own.resize(limit, now);
    this.#endLeases();
  }

  /** Whether nothing is spent, leased or asked for: such a bucket is as good as a new one. */
  isFull(now: number): boolean {
    this.#dropExpired(now);
    return this.isQuiet && this.#own.isFull(now);
  }

  /** Whether it has nothing to ask, report or give back. */
  get isQuiet(): boolean {
    return !this.#isAsking && this.#waiting.length === 0 && this.#leases.length === 0 &&
      this.#back === 0 && this.#alone === 0;
  }

  /** The store has answered. */
  answered({ granted, waitMs }: LeaseGrant): void {
    const now = this.#lessor.now(), isShort = granted < this.#asked;
    this.#isAsking = false;
    this.#alone -= this.#reported;
    this.#reported = 0;
    if (granted > 0) {
      const until = this.#askedAt + USED_SHARE * leaseMs(this.#limit.windowMs);
      this.#leases.push({ tokens: granted, until });
      this.#left += granted;
    }
    if (isShort) this.#waitFor(waitMs, granted, now);
    else if (this.#asked > 0) this.#patienceMs = 0;
    const ready = this.#waiting.splice(0, isShort ? Infinity : granted);
    if (this.#waiting.length > 0) this.#ask(now, this.#waiting.length);
    for (const resume of ready) resume();
  }

  /** The store will not answer: whoever waits has to do without. */
  lost(): void {
    this.#isAsking = false;
    this.#reported = 0;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Gives back what has expired, and reports what was let through meanwhile. */
  report(now: number): void {
    this.#dropExpired(now);
    if (!this.#isAsking && (this.#back > 0 || this.#alone > 0)) this.#send(0, now);
  }

  /** Gives everything back: nothing more is taken. */
  close(now: number): void {
    this.#endLeases();
    this.report(now);
  }

  #endLeases(): void {
    this.#leases = [];
    this.#back += this.#left;
    this.#left = 0;
  }

  #spendLease(now: number): boolean {
    this.#dropExpired(now);
    const lease = this.#leases[0];
    if (lease === undefined || lease.tokens === 0) return false;
    lease.tokens--;
    this.#left--;
    const isHalfSpent = this.#size > 1 && 2 * this.#left <= this.#size;
    if (isHalfSpent && now >= this.#emptyUntil && !this.#lessor.isOut) this.#ask(now, 1);
    return true;
  }

  #dropExpired(now: number): void {
    for (;;) {
      const lease = this.#leases[0];
      // What is spent stays, if it is the last: a token may come back.
      const isSpent = lease?.tokens === 0 && this.#leases.length > 1;
      if (lease === undefined || lease.until > now && !isSpent) return;
      this.#leases.shift();
      this.#left -= lease.tokens;
      this.#back += lease.tokens;
      if (lease.tokens > 0 && 2 * lease.tokens >= this.#size) this.#shrink();
    }
  }

  #shrink(): void {
    this.#size = Math.max(1, this.#size >> 1);
  }

  /** @param atLeast Calls that wait for a token. */
  #ask(now: number, atLeast: number): void {
    if (this.#isAsking) return;
    const { maxCalls, windowMs } = this.#limit;
    const largest = Math.max(1, Math.floor(LARGEST_SHARE * maxCalls));
    if (now - this.#askedAt < leaseMs(windowMs) / 4) this.#size = Math.min(2 * this.#size, largest);
    this.#send(Math.min(largest, Math.max(atLeast, this.#size)), now);
  }

  #send(want: number, now: number): void {
    const { key } = this, { maxCalls, windowMs } = this.#limit, back = this.#back;
    // What our own bucket has regained since is nobody's debt any more.
    const owed = maxCalls - Math.floor(this.#own.tokensAt(now));
    this.#alone = this.#reported = Math.min(this.#alone, owed);
    this.#isAsking = true;
    this.#asked = want;
    if (want > 0) this.#askedAt = now;
    // Told once, whatever becomes of it: a token that is told twice would be two.
    this.#back = 0;
    this.#lessor.ask(this, { key, maxCalls, windowMs, want, back, alone: this.#reported });
  }

  /** There is less than we have asked for: asks again when there is more, and less often each time. */
  #waitFor(waitMs: number, granted: number, now: number): void {
    this.#shrink();
    this.#patienceMs = granted > 0 ? 0 : Math.min(MAX_PATIENCE_MS, 2 * this.#patienceMs + 1);
    const patienceMs = this.#patienceMs * this.#lessor.random();
    this.#emptyUntil = now + Math.max(waitMs, patienceMs);
  }
}

/**
 * The script of `src/fleet/limits/script.ts` once more, for time that only a simulation has.
 * `tests/fleet/script_test.ts` holds the two against each other.
 *
 * @module
 */

import { leaseMs, type LeaseRequest } from "../../src/limits/lease_protocol.ts";

/** What the engine keeps of a limit; see the script. */
interface Bucket {
  n: number;
  t: number;
  s: number;
  g: number;
  p: number;
  expiresAt: number;
}

/** An engine that has run for ever: without restarts. */
export class EngineModel {
  readonly #buckets = new Map<string, Bucket>();

  /**
   * One request.
   *
   * @param now Milliseconds.
   * @returns Granted tokens, and milliseconds until there is one more.
   */
  lease({ key, maxCalls, windowMs, want, back, alone }: LeaseRequest, now: number) {
    const lease = leaseMs(windowMs), rate = maxCalls / windowMs;
    const kept = this.#buckets.get(key);
    const isKept = kept !== undefined && kept.expiresAt > now;
    let { n, t, s, g, p } = isKept ? kept : { n: maxCalls, t: now, s: now, g: 0, p: 0 };
    if (s > now + 1000) [s, g, p] = [now, 0, g];
    if (t > now + 1000) t = now;
    if (now - s >= 2 * lease) [s, g, p] = [now, 0, 0];
    else if (now - s >= lease) [s, g, p] = [now, 0, g];
    n = Math.min(n + Math.max(0, now - t) * rate + back, maxCalls - g - p);
    n = Math.max(n - alone, -maxCalls);
    const granted = Math.max(0, Math.min(want, Math.floor(n + 0.000001)));
    n -= granted;
    g += granted;
    t = Math.max(now, t);
    const expiresAt = now + Math.ceil((maxCalls - n) / rate + 2 * lease);
    this.#buckets.set(key, { n, t, s, g, p, expiresAt });
    return { granted, waitMs: granted < want ? Math.ceil((1 - n) / rate) : 0 };
  }
}

/**
 * Keys of calls: UUIDs that sort by time, so that the audit log's index grows at its end.
 *
 * @module
 */

/** Most ids of one millisecond that sort by their order: the counter's 12 bits. */
const COUNTS = 0x1000;

/**
 * Makes UUIDs of version 7 (RFC 9562 §5.7): milliseconds, a counter in `rand_a` (§6.2, method 1),
 * and the random half of a version 4 UUID.
 */
export class CallIds {
  #ms = -1;
  #prefix = "";
  #count = 0;

  /** @param ms Milliseconds since the epoch. */
  next(ms: number): string {
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#count = 0;
      const hex = Math.floor(ms).toString(16).padStart(12, "0");
      this.#prefix = `${hex.slice(0, 8)}-${hex.slice(8)}-7`;
    }
    const count = (COUNTS + this.#count++ % COUNTS).toString(16).slice(1);
    return this.#prefix + count + crypto.randomUUID().slice(18);
  }
}

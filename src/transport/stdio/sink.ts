/**
 * The one writer of a stream: keeps order, counts what waits, and survives a reader that is gone.
 *
 * @module
 */

/** Bytes of one write: what a slow reader takes shows as progress soon. */
const MAX_WRITE_BYTES = 64 * 1024;

/** A serialised writer. Whoever fills it must wait for {@link drained} before filling it further. */
export class Sink {
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  readonly #onBroken: (fault: unknown) => void;
  #queue: Uint8Array[] = [];
  #running: Promise<void> | undefined;
  #broken = false;
  #written = 0;
  #queued = 0;

  /**
   * @param write Writes some of the bytes and tells how many.
   * @param onBroken Told once, when a write failed; from then on everything is dropped.
   */
  constructor(write: (bytes: Uint8Array) => Promise<number>, onBroken: (fault: unknown) => void) {
    this.#write = write;
    this.#onBroken = onBroken;
  }

  /** Bytes that are not written yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Bytes written so far: grows as long as the reader reads. */
  get progress(): number {
    return this.#written;
  }

  /** Queues bytes, which must not change until they are written. */
  push(bytes: Uint8Array | undefined): void {
    if (bytes === undefined || this.#broken) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#running ??= this.#run();
  }

  /** Resolves when everything is written (or dropped); undefined when nothing waits. */
  drained(): Promise<void> | undefined {
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        for (let rest = next; rest.length > 0;) {
          const length = await this.#write(rest.subarray(0, MAX_WRITE_BYTES));
          this.#written += length;
          this.#queued -= length;
          rest = rest.subarray(length);
        }
      }
    } catch (fault) {
      this.#broken = true;
      this.#queue = [];
      this.#queued = 0;
      this.#onBroken(fault);
    }
    this.#running = undefined;
  }
}

/**
 * The one writer of a stream: keeps order, counts what waits, and survives a reader that is gone.
 *
 * @module
 */

/** A serialised writer. Whoever fills it must wait for {@link drained} before filling it further. */
export class Sink {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #onBroken: (fault: unknown) => void;
  #queue: Uint8Array[] = [];
  #running: Promise<void> | undefined;
  #broken = false;
  #written = 0;
  #queued = 0;

  /**
   * @param write Writes all of the bytes.
   * @param onBroken Told once, when a write failed; from then on everything is dropped.
   */
  constructor(write: (bytes: Uint8Array) => Promise<void>, onBroken: (fault: unknown) => void) {
    this.#write = write;
    this.#onBroken = onBroken;
  }

  /** Whether a write failed. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Bytes that are not written yet. */
  get queued(): number {
    return this.#queued;
  }

  /** Pieces written so far: grows as long as the reader reads. */
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
        await this.#write(next);
        this.#written++;
        this.#queued -= next.length;
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

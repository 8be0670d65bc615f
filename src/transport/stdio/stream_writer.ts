/**
 * The one writer of a stream: writes what waits in a buffer, and survives a reader that is gone.
 *
 * @module
 */

import type { SendBuffer } from "../send_buffer.ts";

/** Bytes of one write: what a slow reader takes shows as progress soon. */
const MAX_WRITE_BYTES = 64 * 1024;

/**
 * Writes a {@link SendBuffer}. Whoever fills it must wait for {@link drained} before filling it
 * further.
 */
export class StreamWriter {
  readonly #buffer: SendBuffer;
  readonly #write: (bytes: Uint8Array) => Promise<number>;
  readonly #onBroken: () => void;
  #running: Promise<void> | undefined;

  /**
   * @param write Writes some of the bytes and tells how many.
   * @param onBroken Called once, when a write failed; from then on everything is dropped.
   */
  constructor(
    buffer: SendBuffer,
    write: (bytes: Uint8Array) => Promise<number>,
    onBroken: () => void,
  ) {
    this.#buffer = buffer;
    this.#write = write;
    this.#onBroken = onBroken;
  }

  /** Begins to write what waits, unless it does so already. */
  flush(): void {
    if (this.#buffer.queued > 0) this.#running ??= this.#run();
  }

  /** Resolves when everything is written (or dropped); undefined when nothing waits. */
  drained(): Promise<void> | undefined {
    return this.#running;
  }

  async #run(): Promise<void> {
    const buffer = this.#buffer;
    try {
      for (let bytes = buffer.next(); bytes !== undefined; bytes = buffer.next()) {
        buffer.wrote(await this.#write(bytes.subarray(0, MAX_WRITE_BYTES)));
      }
    } catch {
      buffer.close();
      this.#onBroken();
    }
    this.#running = undefined;
  }
}

/**
 * The bound of log lines on their way between two threads.
 *
 * @module
 */

import { type LogLine, MAX_WAITING_BYTES } from "../log.ts";

/** Bytes that a line takes besides its text. */
const LINE_BYTES = 100;

/** Counts what one thread has posted and the other has not taken yet. */
export class LogBacklog {
  readonly #bytes: Int32Array;
  #dropped = 0;

  /** @param shared Four bytes, the same for both threads. */
  constructor(readonly shared: SharedArrayBuffer) {
    this.#bytes = new Int32Array(shared);
  }

  /** Posts a line if there is room for it; the next one tells how many there was none for. */
  enter(line: LogLine, post: (line: LogLine) => void): void {
    if (Atomics.load(this.#bytes, 0) > MAX_WAITING_BYTES) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) {
      const fields = { dropped: this.#dropped };
      this.#dropped = 0;
      this.enter({ level: "warn", message: "log lines were dropped on their way", fields }, post);
    }
    Atomics.add(this.#bytes, 0, sizeOf(line));
    post(line);
  }

  /** Notes that a line has been taken. */
  leave(line: LogLine): void {
    Atomics.sub(this.#bytes, 0, sizeOf(line));
  }
}

function sizeOf(line: LogLine): number {
  if ("passed" in line) return LINE_BYTES + line.passed.length;
  let size = LINE_BYTES + line.message.length;
  for (const value of Object.values(line.fields)) size += String(value).length;
  return size;
}

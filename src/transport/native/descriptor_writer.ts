/**
 * Writing into descriptors without ever waiting for one.
 *
 * @module
 */

import type { SendBuffer } from "../send_buffer.ts";
import { AGAIN, BROKEN, type DescriptorCalls, POLLOUT } from "./libc.ts";
import { PollSet } from "./poll_set.ts";

/** Writes some of the bytes and tells how many, or `AGAIN`, or `BROKEN`; never waits. */
export type Write = (bytes: Uint8Array) => number;

/** Writes a {@link SendBuffer} into a descriptor, as far as that takes it. */
export class DescriptorWriter {
  readonly #buffer: SendBuffer;
  readonly #write: Write;
  readonly #onBroken: () => void;

  /**
   * @param onBroken Called once, when nobody reads any more; from then on everything is dropped.
   */
  constructor(buffer: SendBuffer, write: Write, onBroken: () => void) {
    this.#buffer = buffer;
    this.#write = write;
    this.#onBroken = onBroken;
  }

  /** Writes what waits, as far as it goes. */
  flush(): void {
    const buffer = this.#buffer;
    for (let bytes = buffer.next(); bytes !== undefined; bytes = buffer.next()) {
      const count = this.#write(bytes);
      if (count === AGAIN) return;
      if (count === BROKEN) {
        buffer.close();
        return this.#onBroken();
      }
      buffer.wrote(count);
    }
  }
}

/** Makes the writing into a descriptor that is ours alone. */
export function intoOwn(libc: DescriptorCalls, fd: number): Write {
  libc.dontWait(fd);
  return (bytes) => libc.write(fd, bytes);
}

/**
 * Makes the writing into a descriptor that other processes may share, so that its flags must stay
 * as they are: a socket is told not to wait, a pipe is opened once more, and anything else is
 * written to in pieces that it takes at once when `poll` calls it writable.
 */
export function intoShared(libc: DescriptorCalls, fd: number): Write {
  if (libc.send(fd, new Uint8Array(0)) === 0) return (bytes) => libc.send(fd, bytes);
  const own = isPipe(fd) ? libc.reopenPipe(fd) : undefined;
  if (own !== undefined) return (bytes) => libc.write(own, bytes);
  const set = new PollSet(1);
  return (bytes) => {
    set.watch(0, fd, POLLOUT);
    if (libc.poll(set.entries, 0) < 1) return AGAIN;
    return libc.write(fd, bytes.subarray(0, libc.safeWriteBytes));
  };
}

function isPipe(fd: number): boolean {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`).startsWith("pipe:");
  } catch {
    return false;
  }
}

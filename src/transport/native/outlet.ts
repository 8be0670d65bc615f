/**
 * Writing into descriptors without ever waiting for one.
 *
 * @module
 */

import type { Delivery } from "../lifecycle.ts";
import { AGAIN, BROKEN, type DescriptorCalls, POLLOUT } from "./libc.ts";
import { PollSet } from "./poll_set.ts";

/** Writes some of the bytes and tells how many, or `AGAIN`, or `BROKEN`; never waits. */
export type Write = (bytes: Uint8Array) => number;

/** Bytes on their way into a descriptor: it gets what it takes, the rest is kept in order. */
export class Outlet implements Delivery {
  /** Bytes that are not written yet. */
  queued = 0;
  /** Bytes written so far. */
  progress = 0;
  readonly #write: Write;
  readonly #onBroken: () => void;
  #parts: Uint8Array[] = [];
  #broken = false;

  /** @param onBroken Told once, when nobody reads any more; from then on everything is dropped. */
  constructor(write: Write, onBroken: () => void) {
    this.#write = write;
    this.#onBroken = onBroken;
  }

  /** Writes what it can and queues the rest, which must not change until it is written. */
  push(bytes: Uint8Array | undefined): void {
    if (bytes === undefined || this.#broken) return;
    const rest = this.queued === 0 ? this.#offer(bytes) : bytes;
    if (rest === undefined) return;
    this.#parts.push(rest);
    this.queued += rest.length;
  }

  /** Writes on, as far as it goes. */
  drain(): void {
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      const rest = this.#offer(part);
      if (this.#broken) return;
      this.queued -= part.length - (rest?.length ?? 0);
      if (rest !== undefined) return void (this.#parts[0] = rest);
      this.#parts.shift();
    }
  }

  /** From now on everything is dropped. */
  close(): void {
    this.#broken = true;
    this.#parts = [];
    this.queued = 0;
  }

  /** @returns what was not taken; undefined for nothing. */
  #offer(bytes: Uint8Array): Uint8Array | undefined {
    for (let rest = bytes;;) {
      const count = this.#write(rest);
      if (count === AGAIN) return rest;
      if (count === BROKEN) return this.#break();
      this.progress += count;
      if (count === rest.length) return undefined;
      rest = rest.subarray(count);
    }
  }

  #break(): undefined {
    this.close();
    this.#onBroken();
  }
}

/** How to write into a descriptor that is ours alone. */
export function intoOwn(libc: DescriptorCalls, fd: number): Write {
  libc.dontWait(fd);
  return (bytes) => libc.write(fd, bytes);
}

/**
 * How to write into a descriptor that other processes may share, so that its flags must stay as they
 * are: a socket is told not to wait, a pipe is opened once more, and anything else is written to in
 * pieces that it takes at once when `poll` calls it writable.
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

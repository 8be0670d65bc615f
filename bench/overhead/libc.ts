/**
 * The C library, as the client calls it: plain reads and writes on pipes. Deno's own streams would cost
 * more than what is measured here.
 *
 * @module
 */

import { BROKEN, Libc } from "../../src/transport/native/libc.ts";

export { AGAIN, POLLIN, POLLOUT } from "../../src/transport/native/libc.ts";

const libc = Libc.open();

/**
 * Bytes read, 0 at the end, or `AGAIN` where reading would wait and must not.
 *
 * @throws when reading fails.
 */
export function read(fd: number, into: Uint8Array<ArrayBuffer>): number {
  return moved(libc.read(fd, into));
}

/**
 * Bytes written, or `AGAIN`.
 *
 * @throws when writing fails: nobody reads there any more.
 */
export function write(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  return moved(libc.write(fd, bytes));
}

function moved(count: number): number {
  if (count === BROKEN) throw new Error("it closed its input, or its output is broken");
  return count;
}

/**
 * Waits until a descriptor is ready, `limitMs` at most.
 *
 * @param set Descriptors and events as `struct pollfd` has them: two numbers each, see {@link events}.
 * @returns How many are ready; 0 when none was in time.
 */
export function poll(set: Int32Array<ArrayBuffer>, limitMs: number): number {
  return libc.poll(set, limitMs);
}

/** What descriptor number `index` of a set is ready for. */
export function events(set: Int32Array<ArrayBuffer>, index: number): number {
  return set[index * 2 + 1]! >>> 16;
}

/** A pipe that no child inherits unasked: the end to read from and the end to write to. */
export function pipe(): [number, number] {
  const { readEnd, writeEnd } = libc.pipe();
  return [readEnd, writeEnd];
}

/** From now on, reads and writes on this end of a pipe do not wait. */
export function dontWait(fd: number): void {
  libc.dontWait(fd);
}

/** Closes a descriptor. */
export function close(fd: number): void {
  libc.closeDescriptor(fd);
}

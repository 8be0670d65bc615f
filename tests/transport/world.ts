/** A world of pipes in memory around a relay: an agent and a server that read and write as they please. */

import {
  AGAIN,
  BROKEN,
  type DescriptorCalls,
  POLLIN,
  POLLOUT,
} from "../../src/transport/native/libc.ts";

/** Numbers that are the same for the same seed, from 0 to below 1. */
export function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A pipe with room for so many bytes. */
export class Pipe {
  #bytes: Uint8Array = new Uint8Array(0);
  writerGone = false;
  readerGone = false;
  constructor(readonly capacity: number) {}

  get held(): number {
    return this.#bytes.length;
  }
  get room(): number {
    return this.capacity - this.#bytes.length;
  }
  write(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, this.room), all = new Uint8Array(this.held + taken.length);
    all.set(this.#bytes);
    all.set(taken, this.held);
    this.#bytes = all;
    return taken.length;
  }
  read(count: number): Uint8Array {
    const bytes = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(bytes.length);
    return bytes;
  }
}

/** The descriptors of the relay in this world; such numbers are nobody's outside. */
export const FD = Object.freeze({
  agentOutput: 900_000,
  agentInput: 900_001,
  serverOutput: 900_002,
  serverInput: 900_003,
  wake: 900_004,
});

/** Rounds without any progress after which the relay is taken to hang. */
const HANGS_AFTER = 3000;

/** One world. {@link step} is one moment of it: the agent and the server do something, or nothing. */
export class World implements DescriptorCalls {
  readonly safeWriteBytes: number;
  readonly pipes: Readonly<Record<number, Pipe>>;
  readonly closed: number[] = [];
  step: () => void = () => {};
  /** Milliseconds: time passes only where somebody waits for it. */
  nowMs = 0;
  #random: () => number;
  #isSocket: boolean;
  #idle = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#isSocket = random() < 0.5;
    const capacity = () => 1 + Math.floor(random() ** 2 * 70_000);
    this.pipes = Object.fromEntries(
      Object.values(FD).map((fd) => [fd, new Pipe(capacity())]),
    );
    this.safeWriteBytes = 1 + Math.floor(random() * 512);
  }

  poll(set: Int32Array<ArrayBuffer>, timeoutMs: number): number {
    // A signal of somebody else's interrupts it now and then.
    if (this.#random() < 0.02) return -1;
    const halves = new Int16Array(set.buffer);
    for (;;) {
      this.step();
      let ready = 0;
      for (let i = 0; i < set.length / 2; i++) {
        const fd = set[i * 2]!, events = halves[i * 4 + 2]!;
        const found = fd < 0 ? 0 : this.#readiness(fd, events);
        halves[i * 4 + 3] = found;
        if (found !== 0) ready++;
      }
      if (ready > 0) {
        this.#idle = 0;
        return ready;
      }
      if (++this.#idle > HANGS_AFTER) throw new Error("the relay hangs");
      if (timeoutMs < 0) continue;
      this.nowMs += Math.min(timeoutMs, 1);
      if (this.#random() < 0.5) return 0;
    }
  }

  #readiness(fd: number, events: number): number {
    const pipe = this.pipes[fd]!;
    if (events === 0) return pipe.writerGone ? 0x10 : 0;
    if (events & POLLIN) {
      return (pipe.held > 0 ? POLLIN : 0) | (pipe.writerGone ? 0x10 : 0);
    }
    if (pipe.readerGone) return 0x8;
    // Writable means room for what is safe to write, as with a real pipe.
    const needed = fd === FD.agentInput && !this.#isSocket
      ? Math.min(this.safeWriteBytes, pipe.capacity)
      : 1;
    return events & POLLOUT && pipe.room >= needed ? POLLOUT : 0;
  }

  read(fd: number, into: Uint8Array<ArrayBuffer>): number {
    const pipe = this.pipes[fd]!;
    if (this.#random() < 0.02) return AGAIN;
    if (pipe.held === 0) return pipe.writerGone ? 0 : AGAIN;
    const bytes = pipe.read(1 + Math.floor(this.#random() * into.length));
    into.set(bytes);
    return bytes.length;
  }

  write(fd: number, bytes: Uint8Array): number {
    if (this.closed.includes(fd)) throw new Error("written to what was closed");
    const pipe = this.pipes[fd]!;
    if (pipe.readerGone) return BROKEN;
    if (fd === FD.agentInput && bytes.length > this.safeWriteBytes) {
      throw new Error("a write that may block");
    }
    if (pipe.room === 0 || this.#random() < 0.02) return AGAIN;
    return pipe.write(bytes.subarray(0, 1 + Math.floor(this.#random() * bytes.length)));
  }

  send(fd: number, bytes: Uint8Array): number {
    if (!this.#isSocket) return BROKEN;
    if (bytes.length === 0) return 0;
    const pipe = this.pipes[fd]!;
    if (pipe.readerGone) return BROKEN;
    return pipe.room === 0 ? AGAIN : pipe.write(bytes);
  }

  dontWait(): void {}
  reopenPipe(): undefined {}

  closeDescriptor(fd: number): void {
    this.closed.push(fd);
    this.pipes[fd]!.writerGone = true;
  }
}

/**
 * What a crowd of streams leaves in memory.
 *
 * @module
 */

import process from "node:process";

/** Beginnings and ends of streams that are a crowd: each leaves some 20 KB. */
const CROWD = 500;

/** Milliseconds without any, after which a crowd has come or gone. */
const QUIET_MS = 500;

/**
 * Has garbage collected when a crowd of streams has come or gone. V8 waits until the heap has doubled,
 * and so each crowd would find the heap of the one before. It takes some 20 ms, once a crowd.
 */
export class StreamGarbage {
  readonly #collect: () => void;
  readonly #quietMs: number;
  /** Beginnings and ends since the last collection. */
  #streams = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(collect: () => void = collectGarbage, quietMs: number = QUIET_MS) {
    this.#collect = collect;
    this.#quietMs = quietMs;
  }

  /** A stream has begun, or ended. */
  noted(): void {
    this.#streams++;
    if (this.#streams >= CROWD && this.#timer === undefined && !this.#isStopped) this.#wait();
  }

  /** Collects no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Collects when none has come for a while. */
  #wait(): void {
    const before = this.#streams;
    this.#timer = setTimeout(() => {
      if (this.#streams > before) return this.#wait();
      this.#timer = undefined;
      this.#streams = 0;
      this.#collect();
    }, this.#quietMs);
  }
}

/** Asks V8, which has a function for it that has to be wished for; without it, V8 goes on by itself. */
function collectGarbage(): void {
  const v8 = process.getBuiltinModule("node:v8"), vm = process.getBuiltinModule("node:vm");
  try {
    v8.setFlagsFromString("--expose-gc");
    const collect = vm.runInNewContext("gc") as () => void;
    v8.setFlagsFromString("--no-expose-gc");
    collect();
  } catch {
    // Memory is all that it costs.
  }
}

/**
 * Threads of our own.
 *
 * @module
 */

import { type Transferable, Worker } from "node:worker_threads";

/**
 * What a call leaves behind is garbage at once. Left to itself, V8 lets some 60 MB a thread of it
 * gather; collecting six at a time costs no throughput that could be measured. (A web `Worker` has
 * no limits.)
 */
const RESOURCE_LIMITS = Object.freeze({ maxYoungGenerationSizeMb: 6 });

/** What a thread is started with. */
export interface ThreadOptions {
  /** Where its module stands. */
  readonly module: URL;
  /** Its `workerData`. */
  readonly data: unknown;
  /** The ports in `data`, which go over to it. */
  readonly ports: readonly MessagePort[];
  /** Told when it ends by a fault of its own. */
  readonly onDeath: (reason: string) => void;
}

/**
 * Starts a thread; gives what ends it at once. Start it from the main thread: one that another
 * thread starts takes half a second to come up.
 */
export function startThread({ module, data, ports, onDeath }: ThreadOptions): () => void {
  const worker = new Worker(module, {
    workerData: data,
    transferList: ports as unknown as Transferable[],
    resourceLimits: RESOURCE_LIMITS,
  });
  worker.on("error", ({ message }) => onDeath(message));
  return () => void worker.terminate();
}

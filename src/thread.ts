/**
 * Threads of our own.
 *
 * @module
 */

import { type Transferable, Worker } from "node:worker_threads";

/**
 * Bound of a thread's garbage. Left to itself, V8 lets some 60 MB of it gather in each, for a call leaves
 * nothing else behind; collecting six at a time costs no throughput that could be measured. (A web
 * `Worker` has no limits.)
 */
const RESOURCE_LIMITS = Object.freeze({ maxYoungGenerationSizeMb: 6 });

/** Options of {@link startThread}. */
export interface ThreadOptions {
  /** Address of its module. */
  readonly module: URL;
  /** Its `workerData`. */
  readonly data: unknown;
  /** The ports in `data`, which go over to it. */
  readonly ports: readonly MessagePort[];
  /** Called when it ends by a fault of its own. */
  readonly onDeath: (reason: string) => void;
}

/**
 * Starts a thread. Do it from the main thread: one that another thread starts takes half a second to
 * come up.
 *
 * @returns A function that ends it at once.
 */
export function startThread({ module, data, ports, onDeath }: ThreadOptions): () => void {
  const worker = new Worker(startable(module), {
    workerData: data,
    transferList: ports as unknown as Transferable[],
    resourceLimits: RESOURCE_LIMITS,
  });
  worker.on("error", ({ message }) => onDeath(message));
  return () => void worker.terminate();
}

/**
 * A thread takes no module from the web, where those of a registry are; but one that imports it.
 */
function startable(module: URL): URL {
  if (module.protocol === "file:") return module;
  const text = `import ${JSON.stringify(module.href)};`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

/**
 * Threads of our own: web workers, which come up in a third of the time that Node's take, and from any
 * address.
 *
 * @module
 */

/** Options of {@link startThread}. */
export interface ThreadOptions {
  /** Address of its module. */
  readonly module: URL;
  /** What it gets by {@link threadData}. */
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
  const worker = new Worker(module, { type: "module" });
  worker.onerror = (event) => {
    // Else it would end this thread as well.
    event.preventDefault();
    onDeath(event.message.replace(/^Uncaught (?:\(in promise\) )?(?:Error: )?/, ""));
  };
  worker.postMessage(data, [...ports]);
  return () => worker.terminate();
}

/** What the thread that this is was started with. Ask once, at its very beginning. */
export function threadData<T>(): Promise<T> {
  return new Promise((resolve) => {
    const take = (event: MessageEvent<T>) => resolve(event.data);
    globalThis.addEventListener("message", take as (event: Event) => void, { once: true });
  });
}

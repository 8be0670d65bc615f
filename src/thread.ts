/**
 * Threads of our own: web workers, which come up in a third of the time that Node's take, and from any
 * address.
 *
 * @module
 */

import { nodeProcess } from "./node_process.ts";

/**
 * A thread that comes up, and waits for what it is begun with. Start it from the main thread: one that
 * another thread starts takes longer.
 */
export class Thread implements Disposable {
  readonly #worker: Worker;
  #onDeath: ((reason: string) => void) | undefined;
  /** Why it has ended while nobody listened. */
  #reason: string | undefined;

  /** @param module Address of its module. */
  constructor(module: URL) {
    this.#worker = new Worker(module, { type: "module" });
    this.#worker.onerror = (event) => {
      // Else it would end this thread as well.
      event.preventDefault();
      const reason = event.message.replace(/^Uncaught (?:\(in promise\) )?(?:Error: )?/, "");
      if (this.#onDeath === undefined) this.#reason = reason;
      else this.#onDeath(reason);
    };
  }

  /**
   * Begins its work.
   *
   * @param data What it gets by {@link threadData}.
   * @param ports Those in `data`, which go over to it.
   * @param onDeath Called when it ends by a fault of its own.
   */
  begin(data: unknown, ports: readonly MessagePort[], onDeath: (reason: string) => void): void {
    this.#onDeath = onDeath;
    if (this.#reason !== undefined) onDeath(this.#reason);
    else this.#worker.postMessage(data, [...ports]);
  }

  /** Ends it at once. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

/** What the thread that this is was begun with. Ask once, at its very beginning. */
export function threadData<T>(): Promise<T> {
  return new Promise((resolve) => {
    const take = (event: MessageEvent<T>) => resolve(event.data);
    globalThis.addEventListener("message", take as (event: Event) => void, { once: true });
  });
}

/**
 * Lets the line have the processor first: this thread gives way to others, or takes only what they
 * leave. Linux alone knows it of a thread; elsewhere it would be the whole process.
 */
export function giveWay(how: "to_others" | "to_all"): void {
  if (Deno.build.os !== "linux") return;
  const { setPriority, constants: { priority } } = nodeProcess().getBuiltinModule("node:os");
  setPriority(0, how === "to_all" ? priority.PRIORITY_LOW : priority.PRIORITY_BELOW_NORMAL);
}

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
 * Lets the line have the processor first: from now on this thread does not take it from others by
 * waking up, has the smaller share beside them, or takes only what all of them leave. Linux alone knows
 * it of a thread; elsewhere it would be the whole process. What this thread starts does likewise.
 */
export function giveWay(how: "by_waking" | "to_others" | "to_all"): void {
  if (Deno.build.os !== "linux") return;
  if (how === "by_waking") return schedule(SCHED_BATCH);
  const { setPriority, constants: { priority } } = nodeProcess().getBuiltinModule("node:os");
  setPriority(0, how === "to_all" ? priority.PRIORITY_LOW : priority.PRIORITY_BELOW_NORMAL);
  if (how === "to_all") schedule(SCHED_IDLE);
}

/** Policies of Linux; niceness alone leaves a thread its turn, some milliseconds, once it has one. */
const SCHED_BATCH = 3, SCHED_IDLE = 5;

/** How long a thread's turn is, in nanoseconds: since 6.12, others with shorter ones come in between. */
const LONG_TURN_NS = 30_000_000n;

/** Number of the call `sched_setattr`, by processor: the C library has no function for it. */
const SCHED_SETATTR: Partial<Record<typeof Deno.build.arch, bigint>> = {
  x86_64: 314n,
  aarch64: 274n,
};

/** Size of the first version of its `struct sched_attr`, and where the members are that we set. */
const ATTRIBUTES_SIZE = 48, POLICY_AT = 4, NICE_AT = 16, TURN_AT = 24;

function schedule(policy: number): void {
  const number = SCHED_SETATTR[Deno.build.arch];
  if (number === undefined) return;
  const attributes = new DataView(new ArrayBuffer(ATTRIBUTES_SIZE));
  attributes.setUint32(0, ATTRIBUTES_SIZE, true);
  attributes.setUint32(POLICY_AT, policy, true);
  if (policy === SCHED_BATCH) attributes.setBigUint64(TURN_AT, LONG_TURN_NS, true);
  try {
    const libc = Deno.dlopen("libc.so.6", {
      getpriority: { parameters: ["i32", "i32"], result: "i32" },
      syscall: { parameters: ["i64", "i32", "buffer", "u32"], result: "i64" },
    });
    attributes.setInt32(NICE_AT, libc.symbols.getpriority(0, 0), true); // As it is.
    libc.symbols.syscall(number, 0, attributes.buffer, 0);
    libc.close();
  } catch {
    // No such library, or it may not be called: things are as they were.
  }
}

/**
 * Threads of our own: web workers, which come up in a third of the time that Node's take, and from any
 * address.
 *
 * @module
 */

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

/** How a thread lets others have the processor first. */
interface Courtesy {
  /** A policy of Linux. */
  readonly policy: number;
  /** Niceness at least; it alone leaves a thread its turn, some milliseconds, once it has one. */
  readonly niceness: number;
  /** How long its turn is; 0 for as long as is usual. */
  readonly turnNs: bigint;
}

/** The least there is: it stays as it is. */
const LEAST = -20;

const SCHED_NORMAL = 0, SCHED_BATCH = 3, SCHED_IDLE = 5;

/** Since Linux 6.12, whoever has a shorter turn comes in between. */
const LONG_TURN_NS = 30_000_000n;

const COURTESIES = {
  /** It does not take the processor from others by waking up. */
  by_waking: { policy: SCHED_BATCH, niceness: LEAST, turnNs: LONG_TURN_NS },
  /** It has the smaller share beside others. */
  to_others: { policy: SCHED_NORMAL, niceness: 10, turnNs: 0n },
  /** It takes only what all others leave. */
  to_all: { policy: SCHED_IDLE, niceness: LEAST, turnNs: 0n },
} as const satisfies Record<string, Courtesy>;

/** Number of the call `sched_setattr`, by processor: the C library has no function for it. */
const SCHED_SETATTR = { x86_64: 314n, aarch64: 274n } as const;

/** Size of the first version of its `struct sched_attr`, and where the members are that we set. */
const ATTRIBUTES_SIZE = 48, POLICY_AT = 4, NICENESS_AT = 16, TURN_AT = 24;

/**
 * Lets the line have the processor first, from now on; what this thread starts does likewise. Linux
 * alone knows it of a thread: elsewhere it would be the whole process.
 */
export function giveWay(how: keyof typeof COURTESIES): void {
  // Without the permission, Deno would ask at the terminal, in the middle of the agent's conversation.
  const mayCall = Deno.permissions.querySync({ name: "ffi" }).state === "granted";
  if (Deno.build.os !== "linux" || !mayCall) return;
  const { policy, niceness, turnNs } = COURTESIES[how];
  try {
    const { symbols, close } = Deno.dlopen("libc.so.6", {
      getpriority: { parameters: ["i32", "i32"], result: "i32" },
      syscall: { parameters: ["i64", "i32", "buffer", "u32"], result: "i64" },
    });
    const attributes = new DataView(new ArrayBuffer(ATTRIBUTES_SIZE));
    attributes.setUint32(0, ATTRIBUTES_SIZE, true);
    attributes.setUint32(POLICY_AT, policy, true);
    attributes.setInt32(NICENESS_AT, Math.max(niceness, symbols.getpriority(0, 0)), true);
    attributes.setBigUint64(TURN_AT, turnNs, true);
    symbols.syscall(SCHED_SETATTR[Deno.build.arch], 0, attributes.buffer, 0);
    close();
  } catch {
    // No such library: things are as they were.
  }
}

/**
 * A thread that one process of a machine has for all: whoever holds the lock on a file, which the system
 * takes back from a process that dies. The others look every two seconds, on a timer that keeps none
 * alive.
 *
 * @module
 */

import { isFromOutside, reasonOf } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { Thread } from "../../thread.ts";
import type { Line } from "./retrying.ts";

/** Pause until the next look at the lock, and until a thread that has failed is started again. */
const AGAIN_MS = 2000;

/** Options of a {@link OneThread}. */
export interface OneThreadOptions {
  /** The thread's module; it is begun with `settings` and a `port` that takes lines. */
  readonly module: URL;
  /** Path of the file that is locked. */
  readonly lock: () => string;
  /** Plain data. */
  readonly settings: unknown;
  readonly log: Log;
  /** Said, with the reason, when there is no thread. */
  readonly fails: string;
}

/** One process's part in it, until it is disposed of. It never throws: it says what is wrong, once. */
export class OneThread implements Disposable {
  readonly #options: OneThreadOptions;
  readonly #said = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lock: Deno.FsFile | undefined;
  #thread: Thread | undefined;

  constructor(options: OneThreadOptions) {
    this.#options = options;
    this.#try();
  }

  /** Ends the thread; another process takes over. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#thread?.[Symbol.dispose]();
    this.#lock?.close();
  }

  #try(): void {
    try {
      this.#lock ??= locked(this.#options.lock());
      if (this.#lock !== undefined) return this.#start();
    } catch (fault) {
      if (!isFromOutside(fault)) throw fault;
      this.#say(reasonOf(fault));
    }
    this.#tryAgain();
  }

  #tryAgain(): void {
    this.#timer = setTimeout(() => this.#try(), AGAIN_MS);
    Deno.unrefTimer(this.#timer as unknown as number);
  }

  #start(): void {
    const { module, settings, log } = this.#options, { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Line>) => {
      log[data.level](data.message, data.reason === undefined ? {} : { reason: data.reason });
    };
    const thread = this.#thread = new Thread(module);
    thread.begin({ settings, port: port2 }, [port2], (reason) => {
      port1.close();
      thread[Symbol.dispose]();
      this.#say(reason);
      this.#tryAgain();
    });
  }

  #say(reason: string): void {
    if (this.#said.has(reason)) return;
    this.#said.add(reason);
    this.#options.log.warn(this.#options.fails, { reason });
  }
}

/** The file, locked; undefined while another process has it. */
function locked(path: string): Deno.FsFile | undefined {
  const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  if (file.tryLockSync(true)) return file;
  file.close();
  return undefined;
}

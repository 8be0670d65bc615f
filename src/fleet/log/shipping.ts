/**
 * Who ships the log of a machine: whoever holds the lock on a file beside it, which the system takes
 * back from a process that dies. The others look every two seconds, on a timer that keeps none alive.
 *
 * @module
 */

import { shippingLock } from "../../audit/shipping_state.ts";
import type { Config } from "../../config/config.ts";
import { isFromOutside, reasonOf } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { Thread } from "../../thread.ts";
import type { ShippingReport, ShippingSettings } from "./shipper.ts";

/** The thread's module. */
const THREAD = new URL("./shipping_thread.ts", import.meta.url);

/** Pause until the next look at the lock, and until a thread that has failed is started again. */
const AGAIN_MS = 2000;

/** One process's part in it, until it is disposed of. It never throws: it says what is wrong, once. */
export class Shipping implements Disposable {
  readonly #settings: ShippingSettings;
  readonly #log: Log;
  readonly #said = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lock: Deno.FsFile | undefined;
  #thread: Thread | undefined;

  constructor(settings: ShippingSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#try();
  }

  /** Ships no more; another process takes over. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#thread?.[Symbol.dispose]();
    this.#lock?.close();
  }

  #try(): void {
    try {
      this.#lock ??= locked(shippingLock(this.#settings.dbPath));
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
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<ShippingReport>) => {
      this.#log[data.level](data.message, data.reason === undefined ? {} : { reason: data.reason });
    };
    const thread = this.#thread = new Thread(THREAD);
    thread.begin({ settings: this.#settings, port: port2 }, [port2], (reason) => {
      port1.close();
      thread[Symbol.dispose]();
      this.#say(reason);
      this.#tryAgain();
    });
  }

  #say(reason: string): void {
    if (this.#said.has(reason)) return;
    this.#said.add(reason);
    this.#log.warn("records are not shipped to the fleet's PostgreSQL", { reason });
  }
}

/** Ships the log of a configuration; undefined where it is not shipped. */
export function shipLogOf({ fleet, dbPath }: Config, log: Log): Shipping | undefined {
  const { postgres: address, postgresCa: caFile, name: host = Deno.hostname() } = fleet;
  if (address === undefined) return undefined;
  return new Shipping({ dbPath, destination: { address, caFile }, host }, log);
}

/** The file, locked; undefined while another process has it. */
function locked(path: string): Deno.FsFile | undefined {
  const file = Deno.openSync(path, { write: true, create: true, mode: 0o600 });
  if (file.tryLockSync(true)) return file;
  file.close();
  return undefined;
}

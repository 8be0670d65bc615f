/**
 * Who serves the dashboard of a machine: whoever has the port. The others wait on one idle connection
 * to it, and one of them takes over when that ends.
 *
 * ```text
 *   try ──free──► serve (a thread) ──ends──┐
 *    ▲ └─taken──► attend (a connection) ───┤
 *    └──────────── a moment ◄──────────────┘
 * ```
 *
 * @module
 */

import { gatewayId } from "../audit/gateway_id.ts";
import { reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { Thread } from "../thread.ts";
import { attend } from "./attend.ts";
import { addressOf, linkOf, type PlaneReport, type PlaneSettings } from "./plane_settings.ts";

/** The dashboard's thread. */
const THREAD = new URL("./dashboard_thread.ts", import.meta.url);

/** Times of the election, in milliseconds. */
const ELECTION_MS = Object.freeze({
  /** Up to so long after an end, each of those that waited tries: not all at once. */
  spread: 100,
  /** Pause until a port is looked at again that another program has. */
  foreign: 30_000,
  /** The same after a thread of our own has failed, doubled with each failure up to `foreign`. */
  failed: 1000,
});

/** How often in a row somebody may hang up without a word before it counts as another program. */
const MAX_SILENCES = 10;

/** One gateway's part in it, until it is disposed of. It never throws: it says what is wrong, once. */
export class PortElection implements Disposable {
  readonly #settings: PlaneSettings;
  readonly #log: Log;
  readonly #module: URL;
  readonly #said = new Set<string>();
  readonly #end = new AbortController();
  #endThread: () => void = () => {};
  #failures = 0;
  #silences = 0;

  /** @param module The thread's. */
  constructor(settings: PlaneSettings, log: Log, module: URL = THREAD) {
    this.#settings = settings;
    this.#log = log;
    this.#module = module;
    this.#run().catch((fault) => this.#say("there is no dashboard", reasonOf(fault)));
  }

  /** Serves no more, and waits for nobody. */
  [Symbol.dispose](): void {
    this.#end.abort();
    this.#endThread();
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const pauseMs = await (this.#isFree() ? this.#serve() : this.#attend());
      if (!this.#isOver && pauseMs > 0) await this.#pause(pauseMs);
    }
  }

  get #isOver(): boolean {
    return this.#end.signal.aborted;
  }

  /** Whether the port can be had; the thread that shall have it is not started for nothing. */
  #isFree(): boolean {
    try {
      Deno.listen({ hostname: "127.0.0.1", port: this.#settings.port }).close();
      return true;
    } catch (fault) {
      if (fault instanceof Deno.errors.AddrInUse) return false;
      throw fault;
    }
  }

  /** Serves until that ends. Gives the pause until the next try. */
  #serve(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const { port1, port2 } = new MessageChannel();
    const end = (pauseMs: number) => {
      port1.close();
      resolve(pauseMs);
      this.#endThread();
    };
    port1.onmessage = ({ data }: MessageEvent<PlaneReport>) => {
      if (data.type === "serving") this.#tellServing(data.port);
      else if (data.type === "log") this.#log[data.level](data.message, data.fields);
      else if (data.type === "taken") end(this.#spread());
      else end(this.#failed(data.reason));
    };
    const thread = new Thread(this.#module);
    thread.begin(
      { settings: this.#settings, port: port2 },
      [port2],
      (reason) => end(this.#failed(reason)),
    );
    this.#endThread = () => {
      thread[Symbol.dispose]();
      this.#endThread = () => {};
      resolve(0);
    };
    return promise;
  }

  /** Waits until whoever serves has ended. Gives the pause until the next try. */
  async #attend(): Promise<number> {
    const { port, key, dbPath, serverName } = this.#settings;
    const found = await attend({
      ...{ port, key, dbPath, serverName, gateway: gatewayId(), signal: this.#end.signal },
      onServed: (isSameLog) => {
        this.#failures = this.#silences = 0;
        const address = addressOf(port);
        if (isSameLog) this.#log.info("another gateway serves the dashboard", { address });
        else this.#say("the dashboard there shows another audit log", address);
      },
    });
    const isEnded = found === "ended" || found === "silent" && ++this.#silences < MAX_SILENCES;
    if (isEnded) return this.#spread();
    if (this.#isOver) return 0;
    if (found === "other_key") {
      this.#say("the dashboard there has another key", addressOf(port));
    } else {
      this.#say(
        "another program has the dashboard's port; choose another (--dashboard-port)",
        port,
      );
    }
    return ELECTION_MS.foreign;
  }

  #tellServing(port: number): void {
    this.#failures = this.#silences = 0;
    if (!this.#log.enabled("info")) return;
    const { key } = this.#settings, address = addressOf(port);
    for (
      const line of [
        `[agentgate] Dashboard token: ${key}`,
        `[agentgate] Open ${address} and enter this token, or pass it as:`,
        `[agentgate]   curl -H 'Authorization: Bearer ${key}' ${address}/api/invocations`,
        `[agentgate] This link signs in by itself: ${linkOf(port, key)}`,
      ]
    ) this.#log.pass(new TextEncoder().encode(line));
  }

  #failed(reason: string): number {
    this.#say("the dashboard has ended, and is started again", reason);
    return Math.min(ELECTION_MS.foreign, ELECTION_MS.failed * 2 ** this.#failures++);
  }

  #spread(): number {
    return Math.random() * ELECTION_MS.spread;
  }

  /** Says something once. */
  #say(message: string, what: string | number): void {
    if (this.#isOver || this.#said.has(message)) return;
    this.#said.add(message);
    this.#log.warn(message, { [typeof what === "number" ? "port" : "what"]: what });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#end.signal.addEventListener("abort", () => (clearTimeout(timer), done()), {
        once: true,
      });
    });
  }
}

/**
 * The connection to Valkey or Redis. Loaded only where `[fleet] valkey` is set.
 *
 * `@redis/client` is the engine's own client: it needs no other package, knows TLS, connects again by
 * itself, and drops what was under way when a connection is lost instead of sending it twice.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@redis/client";
import { valkeyFaultWords } from "./fault_words.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";

const CONNECT_TIMEOUT_MS = 2000;
const SOONEST_RETRY_MS = 50;
const LATEST_RETRY_MS = 1000;
/**
 * A connection of which nothing is heard for so long is dropped and made again: an address may have
 * moved on to another machine, and nobody says so to a connection that was there before.
 */
const SILENCE_MS = 10_000;

/** Connects, now and whenever the connection is lost. */
export class Valkey implements Connection {
  readonly #client: ReturnType<typeof createClient>;
  readonly #onMessage: (message: string) => void;
  readonly #digests = new Map<string, string>();
  readonly #address: string;
  readonly #onUp: () => void;
  readonly #down: (fault: unknown) => void;
  #runId = "";
  #greetings = 0;

  constructor(
    address: string,
    { onUp, onDown, onMessage }: ConnectionEvents,
    silenceMs: number = SILENCE_MS,
  ) {
    this.#address = address;
    this.#onMessage = onMessage;
    this.#onUp = onUp;
    this.#down = (fault) => onDown(valkeyFaultWords(fault, address));
    this.#client = createClient({
      url: address,
      // With it, one connection does for questions and for what is published.
      RESP: 3,
      disableOfflineQueue: true,
      // The next ping waits for the answer to the one before: so silence is silence both ways.
      pingInterval: silenceMs / 2,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        socketTimeout: silenceMs,
        reconnectStrategy: (tries) => Math.min(SOONEST_RETRY_MS * 2 ** tries, LATEST_RETRY_MS),
      },
    });
    this.#client.on("error", (fault) => {
      // A ping that was refused ends no connection: what the engine has against us, it says again.
      if (this.#client.isReady) void this.#greet();
      else this.#down(fault);
    });
    this.#client.on("ready", () => void this.#greet());
    this.#client.connect().catch(this.#down);
  }

  get runId(): string {
    return this.#runId;
  }

  async run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    return await this.#inWords(async () => {
      try {
        return await this.#client.sendCommand(["EVALSHA", this.#digestOf(script), ...rest]);
      } catch (fault) {
        if (!(fault instanceof Error) || !fault.message.startsWith("NOSCRIPT")) throw fault;
        return await this.#client.sendCommand(["EVAL", script, ...rest]);
      }
    });
  }

  async subscribe(channel: string): Promise<void> {
    await this.#inWords(() => this.#client.subscribe(channel, this.#onMessage));
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.destroy();
  }

  /** Learns who is there; again and again while that refuses: it may be busy, and no more in a moment. */
  async #greet(): Promise<void> {
    const greeting = ++this.#greetings;
    while (greeting === this.#greetings && this.#client.isReady) {
      try {
        await this.#learnRun();
        return this.#onUp();
      } catch (fault) {
        this.#down(fault);
        await pause(LATEST_RETRY_MS, undefined, { ref: false });
      }
    }
  }

  async #learnRun(): Promise<void> {
    const info = String(await this.#client.sendCommand(["INFO", "server"]));
    const runId = /^run_id:(\w+)/m.exec(info)?.[1];
    if (runId === undefined) throw new Error("it does not tell its run_id");
    this.#runId = runId;
  }

  async #inWords<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      throw new Error(valkeyFaultWords(fault, this.#address), { cause: fault });
    }
  }

  #digestOf(script: string): string {
    let digest = this.#digests.get(script);
    if (digest === undefined) {
      this.#digests.set(script, digest = createHash("sha1").update(script).digest("hex"));
    }
    return digest;
  }
}

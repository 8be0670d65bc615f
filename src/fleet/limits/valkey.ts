/**
 * The connection to Valkey or Redis. Loaded only where `[fleet] valkey` is set.
 *
 * `@redis/client` is the engine's own client: it needs no other package, knows TLS, connects again by
 * itself, and drops what was under way when a connection is lost instead of sending it twice.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { createClient } from "@redis/client";
import { reasonOf } from "../../errors.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";

const CONNECT_TIMEOUT_MS = 2000;
const SOONEST_RETRY_MS = 50;
const LATEST_RETRY_MS = 1000;

/** Connects, now and whenever the connection is lost. */
export class Valkey implements Connection {
  readonly #client: ReturnType<typeof createClient>;
  readonly #onMessage: (message: string) => void;
  readonly #digests = new Map<string, string>();
  #runId = "";

  constructor(address: string, { onUp, onDown, onMessage }: ConnectionEvents) {
    this.#onMessage = onMessage;
    this.#client = createClient({
      url: address,
      // With it, one connection does for questions and for what is published.
      RESP: 3,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectStrategy: (tries) => Math.min(SOONEST_RETRY_MS * 2 ** tries, LATEST_RETRY_MS),
      },
    });
    const down = (fault: unknown) => onDown(reasonFor(fault));
    this.#client.on("error", down);
    this.#client.on("ready", () => void this.#greet().then(onUp, down));
    this.#client.connect().catch(down);
  }

  get runId(): string {
    return this.#runId;
  }

  async run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#client.sendCommand(["EVALSHA", this.#digestOf(script), ...rest]);
    } catch (fault) {
      if (!(fault instanceof Error) || !fault.message.startsWith("NOSCRIPT")) throw fault;
      return await this.#client.sendCommand(["EVAL", script, ...rest]);
    }
  }

  async subscribe(channel: string): Promise<void> {
    await this.#client.subscribe(channel, this.#onMessage);
  }

  async close(): Promise<void> {
    if (this.#client.isOpen) await this.#client.destroy();
  }

  async #greet(): Promise<void> {
    const info = String(await this.#client.sendCommand(["INFO", "server"]));
    const runId = /^run_id:(\w+)/m.exec(info)?.[1];
    if (runId === undefined) throw new Error("it does not tell its run_id");
    this.#runId = runId;
  }

  #digestOf(script: string): string {
    let digest = this.#digests.get(script);
    if (digest === undefined) {
      this.#digests.set(script, digest = createHash("sha1").update(script).digest("hex"));
    }
    return digest;
  }
}

/** Words for why there is no connection. */
function reasonFor(fault: unknown): string {
  return reasonOf(fault instanceof AggregateError ? fault.errors[0] : fault);
}

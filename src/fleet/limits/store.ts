/**
 * The store of shared limits, as a gateway has it: gathers what its line asks for, asks the engine,
 * and says when nobody can be asked. All timers are here; the line has none.
 *
 * @module
 */

import { reasonOf } from "../../errors.ts";
import type { Log } from "../../log.ts";
import {
  type CircuitReport,
  type FromStore,
  type LeaseGrant,
  leaseMs,
  type LeaseRequest,
  type ToStore,
} from "../../limits/lease_protocol.ts";
import { Circuits } from "./circuits.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";
import { Keys } from "./keys.ts";
import { LEASE_SCRIPT } from "./script.ts";

/** Longest time that a call is held for an answer; after that the engine counts as gone. */
export const PATIENCE_MS = 200;
/** The same until there is a connection: it is made while the gateway starts. */
const FIRST_PATIENCE_MS = 2000;
/** A timer that is later than this says nothing of the engine. */
const LATE_MS = 20;
/** Time between two tries to reach an engine that has failed us. */
const RETRY_MS = 250;
/** Time between two looks for leases that have expired. */
const TICK_MS = 1000;
/** Requests in one run of the script. */
const MAX_BATCH = 256;

/** Options of a {@link Store}. */
export interface StoreOptions {
  readonly connect: (events: ConnectionEvents) => Promise<Connection>;
  /** `[fleet] prefix`. */
  readonly prefix: string;
  readonly onOutage: "local" | "deny";
  /** The engine's address, as people may see it. */
  readonly address: string;
  readonly log: Log;
  /** Longest time that a call is held for an answer; {@link PATIENCE_MS} by default. */
  readonly patienceMs?: number;
  /** Takes what the line is told. */
  readonly tell: (message: FromStore) => void;
}

/** Asks from its construction to {@link close}. */
export class Store {
  readonly #options: StoreOptions;
  readonly #patienceMs: number;
  readonly #connecting: Promise<Connection>;
  readonly #keys: Keys;
  readonly #circuits: Circuits;
  /** Requests that no run of the script has taken yet. */
  #waiting: LeaseRequest[] = [];
  #isRunning = false;
  /** Up: asked. New: not connected yet, and hoped for. Out: nobody is asked. */
  #state: "new" | "up" | "out" = "new";
  #isConnected = false;
  /** The memory of the engine that we asked last; see the script. */
  #knownMemory = "";
  #patience: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setTimeout> | undefined;
  /** Whether something was leased since the ticker was set. */
  #hasLeased = false;
  /** Resolved when nothing is asked any more; set where somebody waits for that. */
  #idle: (() => void) | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#keys = new Keys(options.prefix);
    this.#connecting = options.connect({
      onUp: () => this.#up(),
      onDown: (reason) => this.#down(reason),
      onMessage: (message) => this.#circuits.published(message),
    });
    this.#connecting.catch((fault) => this.#down(reasonOf(fault)));
    this.#circuits = new Circuits(this.#connecting, this.#keys, options.tell);
  }

  /** Takes what the line says. */
  receive(message: ToStore): void {
    if (message.type === "close") return;
    if (message.type === "circuit") return this.#report(message.report);
    // It has not heard yet. Never at once: whoever asks does not wait yet.
    if (this.#state === "out") return queueMicrotask(() => this.#options.tell({ type: "outage" }));
    this.#waiting.push(message.request);
    this.#expectAnswer();
    this.#run();
  }

  /** Whoever waits for an answer gets one, of ours if the engine has none. */
  #report(report: CircuitReport): void {
    const alone = () => this.#circuits.alone(report);
    if (this.#state !== "up") return queueMicrotask(alone);
    const patience = setTimeout(alone, this.#patienceMs);
    this.#circuits.report(report).catch(alone).finally(() => clearTimeout(patience));
  }

  /** Waits, not for long, until what was given back is; then leaves. */
  async close(): Promise<void> {
    clearTimeout(this.#ticker);
    if (this.#state !== "out" && (this.#isRunning || this.#waiting.length > 0)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, this.#patienceMs);
      this.#idle = resolve;
      await promise;
      clearTimeout(timer);
    }
    clearTimeout(this.#patience);
    this.#isConnected = false;
    this.#state = "out";
    clearTimeout(this.#retry);
    const connection = await this.#connecting.catch(() => undefined);
    await connection?.close();
  }

  #up(): void {
    this.#isConnected = true;
    if (this.#state === "out") {
      if (this.#retry === undefined) void this.#test();
      return;
    }
    this.#state = "up";
    void this.#catchUp();
    this.#run();
  }

  async #catchUp(): Promise<void> {
    try {
      await this.#circuits.catchUp();
    } catch (fault) {
      if (!this.#isConnected) return;
      const { log, address } = this.#options;
      log.warn("circuits are not shared", { valkey: address, reason: reasonOf(fault) });
    }
  }

  #down(reason: string): void {
    this.#isConnected = false;
    this.#lose(reason);
  }

  /** One question that changes nothing: whether the engine answers, and runs our script. */
  async #test(): Promise<void> {
    this.#retry = undefined;
    try {
      await this.#ask([]);
    } catch {
      return this.#testLater();
    }
    if (this.#state !== "out" || !this.#isConnected) return;
    this.#state = "up";
    const { log, address, tell } = this.#options;
    log.warn("the limits of all gateways are back", { valkey: address });
    tell({ type: "back" });
    void this.#catchUp();
  }

  #testLater(): void {
    if (this.#isConnected) this.#retry ??= setTimeout(() => void this.#test(), RETRY_MS);
  }

  #lose(reason: string): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#state === "out") return;
    this.#state = "out";
    this.#testLater();
    this.#waiting = [];
    this.#idle?.();
    const { log, address, onOutage, tell } = this.#options;
    const words = onOutage === "deny"
      ? "calls that have a limit are refused until it answers"
      : "this gateway counts its limits alone until it answers";
    log.error(`the limits of all gateways cannot be reached: ${words}`, {
      valkey: address,
      reason,
    });
    tell({ type: "outage" });
  }

  #expectAnswer(): void {
    const patienceMs = this.#state === "new" ? FIRST_PATIENCE_MS : this.#patienceMs;
    const dueAt = performance.now() + patienceMs;
    const lose = () => this.#lose(`no answer within ${patienceMs} ms`);
    this.#patience ??= setTimeout(() => {
      // When this thread was busy, the answer may be there already: it is read before the next timer.
      if (performance.now() > dueAt + LATE_MS) this.#patience = setTimeout(lose, LATE_MS);
      else lose();
    }, patienceMs);
  }

  /** Runs the script for what waits, one run at a time: what comes meanwhile gathers. */
  #run(): void {
    if (this.#isRunning || !this.#isConnected || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, MAX_BATCH);
    this.#isRunning = true;
    this.#ask(batch).then(
      (grants) => this.#answered(batch, grants),
      (fault) => this.#lose(reasonOf(fault)),
    ).finally(() => {
      this.#isRunning = false;
      if (this.#waiting.length === 0) this.#idle?.();
      this.#run();
    });
  }

  #answered(batch: readonly LeaseRequest[], grants: readonly LeaseGrant[]): void {
    if (this.#state !== "up") return this.#giveBack(batch, grants);
    clearTimeout(this.#patience);
    this.#patience = undefined;
    if (this.#waiting.length > 0) this.#expectAnswer();
    this.#options.tell({ type: "granted", grants });
    if (!grants.some(({ granted }) => granted > 0)) return;
    this.#hasLeased = true;
    this.#ticker ??= setTimeout(() => this.#tick(), TICK_MS);
  }

  /** Nobody waits for an answer that comes so late. */
  #giveBack(batch: readonly LeaseRequest[], grants: readonly LeaseGrant[]): void {
    const unused = batch.map((request, i) => ({
      ...request,
      want: 0,
      back: grants[i]!.granted,
      alone: 0,
    }));
    this.#ask(unused.filter(({ back }) => back > 0)).catch(() => {});
  }

  #tick(): void {
    this.#ticker = undefined;
    this.#options.tell({ type: "tick" });
    if (!this.#hasLeased) return;
    this.#hasLeased = false;
    this.#ticker = setTimeout(() => this.#tick(), TICK_MS);
  }

  async #ask(batch: readonly LeaseRequest[]): Promise<LeaseGrant[]> {
    const connection = await this.#connecting, { runId } = connection;
    const keys = [this.#keys.epoch, ...batch.map(({ key }) => this.#keys.limit(key))];
    const args = [runId, this.#knownMemory, ...batch.flatMap(argumentsOf)];
    const answer = await connection.run(LEASE_SCRIPT, keys, args) as readonly unknown[];
    this.#knownMemory = String(answer.at(-1));
    return batch.map(({ key }, i) => ({
      key,
      granted: Number(answer[2 * i]),
      waitMs: Number(answer[2 * i + 1]),
    }));
  }
}

/** The six numbers of a request, as the script reads them. */
function argumentsOf({ maxCalls, windowMs, want, back, alone }: LeaseRequest): string[] {
  return [maxCalls, windowMs, leaseMs(windowMs), want, back, alone].map(String);
}

/**
 * A fleet in simulated time: the buckets are the gateways' own code, the engine is a model of its
 * script, and between them is a network.
 *
 * @module
 */

import { PATIENCE_MS } from "../../src/fleet/limits/store.ts";
import type { FromStore, LeaseRequest } from "../../src/limits/lease_protocol.ts";
import type { LeasedBucket } from "../../src/limits/leased_bucket.ts";
import { Leases } from "../../src/limits/leases.ts";
import { type Limit, TokenBucket } from "../../src/limits/token_bucket.ts";
import { EngineModel } from "./engine_model.ts";
import { Events } from "./events.ts";

/** Time that a message takes one way, and up to as much again. */
const WAY_MS = 0.3;
/** Time between two looks for leases that have expired; as the store's. */
const TICK_MS = 1000;
/** Time after which a gateway that has lost the engine tries it again; as the store's. */
const RETRY_MS = 250;

/** The limit's key, as gateways have it. */
const KEY = "global:";

/** A pause of the engine. */
export interface Pause {
  readonly at: number;
  readonly forMs: number;
}

/** Options of a {@link Fleet}. */
export interface FleetOptions {
  readonly gateways: number;
  readonly limit: Limit;
  readonly pauses: readonly Pause[];
  /** How far apart the gateways' clocks run, as a share: 0.001 is 3.6 s an hour. */
  readonly clockSkew: number;
  /** A number from 0 to 1. */
  readonly random: () => number;
}

/** Counts of a fleet. */
export class Tally {
  calls = 0;
  /** Those that came while the engine was paused. */
  callsInPauses = 0;
  admitted = 0;
  /** Calls that one bucket would not have let through. */
  overAdmitted = 0;
  /** Calls that waited for an answer of the engine. */
  held = 0;
  /** Runs of the script. */
  operations = 0;
}

/** Gateways, an engine, and one bucket that sees what no gateway does. */
export class Fleet {
  readonly events: Events = new Events();
  readonly tally: Tally = new Tally();
  readonly #options: FleetOptions;
  readonly #engine = new EngineModel();
  readonly #judge: TokenBucket;
  readonly #gateways: readonly SimulatedGateway[];

  constructor(options: FleetOptions) {
    this.#options = options;
    // What rounding may take from a bucket that is counted in other steps.
    this.#judge = new TokenBucket({
      ...options.limit,
      maxCalls: options.limit.maxCalls * (1 + 1e-9) + 1e-6,
    }, 0);
    this.#gateways = Array.from(
      { length: options.gateways },
      () => new SimulatedGateway(this, options),
    );
  }

  /** The limit is reached: nothing is left of it. */
  spendAll(): void {
    const { limit } = this.#options, { now } = this.events;
    const request = { key: KEY, ...limit, want: limit.maxCalls, back: 0, alone: 0 };
    this.#engine.lease(request, now);
    for (let i = 0; i < limit.maxCalls; i++) this.#judge.take(now);
  }

  /** A call at one of the gateways. */
  call(gateway: number): void {
    this.tally.calls++;
    if (this.#pause !== undefined) this.tally.callsInPauses++;
    this.#gateways[gateway]!.call();
  }

  /** A call was let through. */
  admit(): void {
    this.tally.admitted++;
    if (this.#judge.take(this.events.now) !== undefined) this.tally.overAdmitted++;
  }

  /** Asks the engine, which answers when it is not paused. */
  ask(request: LeaseRequest, answer: (granted: number, waitMs: number) => void): void {
    this.events.after(this.#way(), () => this.#atEngine(request, answer));
  }

  #atEngine(request: LeaseRequest, answer: (granted: number, waitMs: number) => void): void {
    const { now } = this.events, pause = this.#pause;
    if (pause !== undefined) {
      return this.events.after(
        pause.at + pause.forMs - now,
        () => this.#atEngine(request, answer),
      );
    }
    this.tally.operations++;
    const { granted, waitMs } = this.#engine.lease(request, now);
    this.events.after(this.#way(), () => answer(granted, waitMs));
  }

  /** The pause that the engine is in. */
  get #pause(): Pause | undefined {
    const { now } = this.events;
    return this.#options.pauses.find(({ at, forMs }) => at <= now && now < at + forMs);
  }

  #way(): number {
    return WAY_MS * (1 + this.#options.random());
  }
}

/** One gateway, with a clock of its own, and a store as `src/fleet/limits/store.ts` has it. */
class SimulatedGateway {
  readonly #fleet: Fleet;
  readonly #leases: Leases;
  readonly #bucket: LeasedBucket;
  readonly #now: () => number;
  #isOut = false;
  #isTicking = false;

  constructor(fleet: Fleet, { limit, clockSkew, random }: FleetOptions) {
    this.#fleet = fleet;
    const offset = 1e6 * random(), pace = 1 + clockSkew * (2 * random() - 1);
    this.#now = () => offset + pace * fleet.events.now;
    this.#leases = new Leases({
      onOutage: "deny",
      post: (message) => void (message.type === "lease" && this.#ask(message.request)),
      now: this.#now,
      random,
    });
    this.#bucket = this.#leases.bucket("global", "", limit);
  }

  call(isHeld = false): void {
    const answer = this.#bucket.take(this.#now());
    if (answer === undefined) this.#fleet.admit();
    if (answer !== "unknown") return;
    if (!isHeld) this.#fleet.tally.held++;
    this.#bucket.whenKnown(() => this.call(true));
  }

  #ask(request: LeaseRequest): void {
    const { events } = this.#fleet;
    let isAnswered = false, isLate = false;
    events.after(PATIENCE_MS, () => {
      if (isAnswered) return;
      isLate = true;
      this.#tell({ type: "outage" });
      if (!this.#isOut) this.#test(request);
      this.#isOut = true;
    });
    this.#fleet.ask(request, (granted, waitMs) => {
      isAnswered = true;
      if (isLate) return this.#giveBack({ ...request, back: granted });
      this.#tell({ type: "granted", grants: [{ key: request.key, granted, waitMs }] });
      if (granted > 0) this.#tick();
    });
  }

  /** Asks whether the engine is back. */
  #test(request: LeaseRequest): void {
    this.#fleet.events.after(RETRY_MS, () => {
      this.#fleet.ask({ ...request, want: 0, back: 0, alone: 0 }, () => {
        this.#isOut = false;
        this.#tell({ type: "back" });
      });
    });
  }

  #giveBack(request: LeaseRequest): void {
    if (request.back > 0) this.#fleet.ask({ ...request, want: 0, alone: 0 }, () => {});
  }

  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    for (const times of [1, 2]) {
      this.#fleet.events.after(times * TICK_MS, () => this.#tell({ type: "tick" }));
    }
    this.#fleet.events.after(2 * TICK_MS, () => this.#isTicking = false);
  }

  #tell(message: FromStore): void {
    this.#leases.receive(message);
  }
}

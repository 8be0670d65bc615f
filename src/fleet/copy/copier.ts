/**
 * Copies the fleet's log to this machine, for as long as its thread lives.
 *
 * ```text
 * PostgreSQL ─ change > mark ────────► rows, mark   ┐ one transaction
 *            ─ before the floor ─────► rows, floor  ┘ of the copy
 * ```
 *
 * What is new comes by each log's change numbers, as far as that log was shipped; the past comes newest
 * first. One connection asks for one thing after the other, so what it reads is never older than what is
 * here already.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { type CopySource, type CopyState, isFilled } from "../../audit/copy_state.ts";
import type { Destination } from "../log/destination.ts";
import { FleetFault } from "../log/fault_words.ts";
import { type Line, Retrying } from "../log/retrying.ts";
import { CallsReader, type FleetCall, READ_BATCH, type ShippedSource } from "./calls_reader.ts";
import { CopyStore } from "./copy_store.ts";
import { changedSources, isTailBehind, tailQuestion } from "./tail.ts";

/** Times in milliseconds. */
const EVERY_MS = Object.freeze({
  /** Between two looks when there was nothing new. */
  look: 1000,
  /** Between two notes that nothing is new. */
  note: 60_000,
  /** Between two looks for calls that were completed by another log than their own: they are rare. */
  strays: 60_000,
  /** Between two cleanings. */
  clean: 3_600_000,
});

const DAY_MS = 86_400_000;

/** What a copier works with. Plain data: it is posted to the thread. */
export interface CopySettings {
  /** The copy. */
  readonly path: string;
  readonly destination: Destination;
  /** Calls that began more days ago are not wanted. */
  readonly days: number;
}

/** Reads what is new and what is past, and keeps both in the copy. */
export class Copier {
  readonly #settings: CopySettings;
  readonly #retrying: Retrying;
  #store: CopyStore | undefined;
  #state: CopyState | null = null;
  #sources = new Map<string, CopySource>();
  #cleanedAt = -Infinity;
  #strayedAt = -Infinity;
  #notedAt = -Infinity;
  #looks = 0;

  constructor(settings: CopySettings, report: (line: Line) => void) {
    this.#settings = settings;
    this.#retrying = new Retrying({
      destination: settings.destination,
      fails: "the fleet's PostgreSQL cannot be read; what is shown is not up to date",
      works: "the fleet's PostgreSQL can be read again",
      report,
      onFault: (fault) => this.#noteFault(fault),
    });
  }

  /** Copies, and begins again when something is in the way; never ends. */
  async run(): Promise<never> {
    return await this.#retrying.run(async (options) => {
      this.#open();
      await using reader = await CallsReader.connect(options);
      while (!reader.isOver) await this.#look(reader);
    });
  }

  /** One look: what is new of each log, then some of the past. */
  async #look(reader: CallsReader): Promise<void> {
    const at = new Date().toISOString(), shipped = await reader.sources();
    const store = this.#open(), bound = (Date.now() - this.#settings.days * DAY_MS) * 1000;
    if (isOutdated(this.#state, bound)) this.#begin(store, shipped, bound);
    let isBehind = await this.#copyChanges(reader, shipped);
    if (!isBehind) this.#noteTime(at);
    isBehind = await this.#copyPast(reader, bound) || isBehind;
    await this.#copyStrays(reader);
    isBehind = this.#clean(store, bound) || isBehind;
    this.#retrying.worked();
    if (isBehind) return;
    store.buildIndex();
    await pause(EVERY_MS.look);
  }

  /** The file that is there now. */
  #open(): CopyStore {
    if (this.#store !== undefined && !this.#store.isDisplaced) return this.#store;
    this.#store?.[Symbol.dispose]();
    this.#store = undefined;
    const store = this.#store = new CopyStore(this.#settings.path);
    this.#state = store.state;
    this.#sources = new Map(store.sources.map((source) => [source.source, source]));
    return store;
  }

  /** What was shipped until now is the past; what comes from now on is new. */
  #begin(store: CopyStore, shipped: readonly ShippedSource[], bound: number): void {
    const sources = shipped.map(({ source, host, shipped, shippedAt }) => ({
      ...{ source, host, mark: shipped, shipped_at: shippedAt },
    }));
    const state = { ...NOTHING, bound, begun: Date.now() * 1000 };
    store.begin(sources, state);
    this.#state = state;
    this.#sources = new Map(sources.map((source) => [source.source, source]));
  }

  /** Copies what is new. Whether there is more. */
  async #copyChanges(reader: CallsReader, shipped: readonly ShippedSource[]): Promise<boolean> {
    const question = tailQuestion(shipped, this.#sources, this.#looks++);
    const answer = question.asked.length === 0
      ? { calls: [], found: 0 }
      : await reader.changed(question.asked, question.rows, this.#state!.bound);
    const changed = changedSources(shipped, this.#sources, question, answer);
    if (changed.length > 0) this.#write(answer.calls, changed, this.#state!);
    return isTailBehind(shipped, this.#sources);
  }

  /** Copies some of the past. Whether there is more. */
  async #copyPast(reader: CallsReader, bound: number): Promise<boolean> {
    const state = { ...this.#state!, bound };
    if (isFilled(state)) return false;
    const { floor, floorId } = state;
    const from = floor === null ? null : { startedUs: floor, id: floorId };
    const { calls, found } = await reader.past(from, bound), last = calls.at(-1);
    const isCut = found === READ_BATCH.rows || found > calls.length;
    this.#write(calls, [], {
      ...state,
      ...isCut ? { floor: last!.startedUs, floorId: idOf(last!) } : { floor: bound, floorId: "" },
    });
    return isCut;
  }

  async #copyStrays(reader: CallsReader): Promise<void> {
    if (performance.now() - this.#strayedAt < EVERY_MS.strays) return;
    const { calls } = await reader.strays(this.#state!.bound);
    if (calls.length > 0) this.#write(calls, [], this.#state!);
    this.#strayedAt = performance.now();
  }

  /** Everything that was shipped until then is here. It is noted at once after a fault. */
  #noteTime(asOf: string): void {
    const state = this.#state!, now = performance.now();
    this.#state = { ...state, asOf, fault: null };
    if (state.fault === null && state.asOf !== null && now - this.#notedAt < EVERY_MS.note) return;
    this.#write([], [], this.#state);
  }

  /** Deletes some of what is too old. Whether there is more. */
  #clean(store: CopyStore, bound: number): boolean {
    if (performance.now() - this.#cleanedAt < EVERY_MS.clean) return false;
    if (store.deleteBefore(bound / 1000)) return true;
    this.#cleanedAt = performance.now();
    const { floor } = this.#state!;
    // What was deleted would be copied again, should more days be wanted.
    if (floor !== null) {
      this.#write([], [], { ...this.#state!, floor: Math.max(floor, bound), bound });
    }
    return false;
  }

  #write(calls: readonly FleetCall[], sources: readonly CopySource[], state: CopyState): void {
    const store = this.#store!;
    if (store.isDisplaced) throw new FleetFault(`the copy ${store.path} was taken away`);
    store.write(calls, sources, state);
    this.#state = state;
    for (const source of sources) this.#sources.set(source.source, source);
    this.#notedAt = performance.now();
  }

  /** The dashboard says it. */
  #noteFault(fault: string): void {
    if (this.#state?.fault === fault || this.#store === undefined) return;
    try {
      this.#write([], [], { ...this.#state ?? NOTHING, fault });
    } catch {
      // It is the file that is at fault: that was said on stderr.
    }
  }
}

/** State of a copy that was not begun. */
const NOTHING: CopyState = {
  floor: null,
  floorId: "",
  bound: 0,
  begun: 0,
  asOf: null,
  fault: null,
};

/** Whether the copy is new, or ends before what is wanted begins: then the newest come first. */
function isOutdated(state: CopyState | null, bound: number): boolean {
  const asOf = state?.asOf ?? null;
  return asOf === null || Date.parse(asOf) * 1000 < bound;
}

function idOf({ values }: FleetCall): string {
  return String(values[0]);
}

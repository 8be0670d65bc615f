/**
 * Ships one log, for as long as its thread lives.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import {
  logFileMark,
  readShippingState,
  type ShippingState,
  writeShippingState,
} from "../../audit/shipping_state.ts";
import { reasonOf } from "../../errors.ts";
import type { LogLevel } from "../../log.ts";
import { lastChange, LogSource, LogUnavailable } from "../../web/log_source.ts";
import { connectionOptions, type Destination } from "./destination.ts";
import { faultWords, mayPass } from "./fault_words.ts";
import { FleetDatabase, type Source } from "./fleet_database.ts";
import { waitingRows } from "./waiting_rows.ts";

/** Pauses in milliseconds. */
const PAUSE_MS = Object.freeze({
  /** Between two looks at a log that has nothing new. */
  idle: 1000,
  /** After the first failure, doubled with each that follows … */
  first: 500,
  /** … up to this. */
  longest: 8000,
});

/** Failures after which that is told, too, which was likely to be over in a moment. */
const PATIENCE = 3;

/** What a shipper works with. Plain data: it is posted to the thread. */
export interface ShippingSettings {
  readonly dbPath: string;
  readonly destination: Destination;
  /** What this machine is called in the fleet. */
  readonly host: string;
}

/** A line for the gateway's log. */
export interface ShippingReport {
  readonly level: LogLevel;
  readonly message: string;
  readonly reason?: string;
}

/** Reads the log by its change numbers, and tells the file beside it how far it got. */
export class Shipper {
  readonly #settings: ShippingSettings;
  readonly #log: LogSource;
  readonly #report: (report: ShippingReport) => void;
  #state: ShippingState;
  /** What was said to be wrong since it was well. */
  readonly #said = new Set<string>();
  #failures = 0;

  constructor(settings: ShippingSettings, report: (report: ShippingReport) => void) {
    this.#settings = settings;
    this.#log = new LogSource(settings.dbPath);
    this.#report = report;
    this.#state = readShippingState(settings.dbPath) ?? newLog();
  }

  /** Ships, and begins again when something is in the way; never ends. */
  async run(): Promise<never> {
    for (;;) {
      try {
        const options = connectionOptions(this.#settings.destination);
        try {
          await using database = await FleetDatabase.connect(options);
          await database.checkSchema();
          await this.#shipOver(database);
        } catch (fault) {
          if (this.#isWorthSaying(fault)) this.#failed(faultWords(fault, options));
        }
      } catch (fault) {
        this.#failed(reasonOf(fault));
      }
      const longest = Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** this.#failures++);
      await pause(longest * (0.5 + Math.random() / 2));
    }
  }

  /** Ships over one connection until that ends. */
  async #shipOver(database: FleetDatabase): Promise<void> {
    let mark = await database.markOf(this.#source);
    while (!database.isOver) {
      const file = this.#file();
      if (this.#isReplaced(file, mark)) {
        this.#state = newLog();
        mark = await database.markOf(this.#source);
      }
      const rows = this.#log.read((log) => waitingRows(log, mark));
      if (rows !== null) mark = await database.ship(this.#source, rows);
      this.#worked(file, mark);
      if (!rows?.isCut) await pause(PAUSE_MS.idle);
    }
  }

  #file(): string {
    try {
      return logFileMark(this.#settings.dbPath);
    } catch (fault) {
      throw new LogUnavailable(reasonOf(fault));
    }
  }

  get #source(): Source {
    return { id: this.#state.source, host: this.#settings.host };
  }

  /** Whether the file is not the one that the mark is of: another one, or an older copy. */
  #isReplaced(file: string, mark: number): boolean {
    const isOther = this.#state.file !== "" && file !== this.#state.file;
    return isOther || this.#log.read(lastChange) < mark;
  }

  #worked(file: string, shipped: number): void {
    this.#failures = 0;
    if (this.#said.size > 0) {
      this.#report({ level: "info", message: "the fleet's PostgreSQL takes records again" });
      this.#said.clear();
    }
    const { fault, ...before } = this.#state;
    if (fault === null && before.file === file && before.shipped === shipped) return;
    this.#write({ ...before, file, shipped, at: new Date().toISOString(), fault: null });
  }

  /** What may be over in a moment is told when it is not; of the log, its own gateway speaks. */
  #isWorthSaying(fault: unknown): boolean {
    if (fault instanceof LogUnavailable) return false;
    return !mayPass(fault) || this.#said.size === 0 && this.#failures >= PATIENCE;
  }

  /** Says it once, until it is well again. */
  #failed(reason: string): void {
    if (this.#state.fault !== reason) this.#write({ ...this.#state, fault: reason });
    if (this.#said.has(reason)) return;
    this.#said.add(reason);
    const message = "the fleet's PostgreSQL takes no records; they wait in the log";
    this.#report({ level: "warn", message, reason });
  }

  #write(state: ShippingState): void {
    this.#state = state;
    try {
      writeShippingState(this.#settings.dbPath, state);
    } catch {
      // A disk that is full, for one: the mark that counts is PostgreSQL's.
    }
  }
}

/** A log that nothing was shipped of. */
function newLog(): ShippingState {
  return { source: crypto.randomUUID(), file: "", shipped: 0, at: null, fault: null };
}

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
import { LogSource, LogUnavailable } from "../../web/log_source.ts";
import type { Destination } from "./destination.ts";
import { FleetDatabase, type Source } from "./fleet_database.ts";
import { type Line, Retrying } from "./retrying.ts";
import { isMarkOf, type Mark, waitingRows } from "./waiting_rows.ts";

/** Pause between two looks at a log that has nothing new, in milliseconds. */
const IDLE_MS = 1000;

/** What a shipper works with. Plain data: it is posted to the thread. */
export interface ShippingSettings {
  readonly dbPath: string;
  readonly destination: Destination;
  /** What this machine is called in the fleet. */
  readonly host: string;
}

/** Reads the log by its change numbers, and tells the file beside it how far it got. */
export class Shipper {
  readonly #settings: ShippingSettings;
  readonly #log: LogSource;
  readonly #retrying: Retrying;
  #state: ShippingState;

  constructor(settings: ShippingSettings, report: (line: Line) => void) {
    this.#settings = settings;
    this.#log = new LogSource(settings.dbPath);
    this.#state = readShippingState(settings.dbPath) ?? newLog();
    this.#retrying = new Retrying({
      destination: settings.destination,
      fails: "the fleet's PostgreSQL takes no records; they wait in the log",
      works: "the fleet's PostgreSQL takes records again",
      report,
      onFault: (fault) => {
        if (this.#state.fault !== fault) this.#write({ ...this.#state, fault });
      },
      // Of the log, its own gateway speaks.
      isSilent: (fault) => fault instanceof LogUnavailable,
    });
  }

  /** Ships, and begins again when something is in the way; never ends. */
  async run(): Promise<never> {
    return await this.#retrying.run(async (options) => {
      const { shipped: change, newest = null } = this.#state;
      if (this.#isReplaced(this.#file(), { change, newest })) this.#write(newLog());
      await using database = await FleetDatabase.connect(options);
      await database.checkSchema();
      await this.#shipOver(database);
    });
  }

  /** Ships over one connection until that ends. */
  async #shipOver(database: FleetDatabase): Promise<void> {
    let mark = await database.markOf(this.#source);
    while (!database.isOver) {
      const file = this.#file();
      if (this.#isReplaced(file, mark)) {
        this.#write(newLog());
        mark = await database.markOf(this.#source);
      }
      const rows = this.#log.read((log) => waitingRows(log, mark));
      if (rows !== null) mark = await database.ship(this.#source, rows);
      this.#worked(file, mark);
      if (!rows?.isCut) await pause(IDLE_MS);
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

  /** Whether the log is not the one that the mark is of: another file, an older copy, or its twin. */
  #isReplaced(file: string, mark: Mark): boolean {
    const isOther = this.#state.file !== "" && file !== this.#state.file;
    return isOther || !this.#log.read((log) => isMarkOf(log, mark));
  }

  #worked(file: string, { change: shipped, newest }: Mark): void {
    this.#retrying.worked();
    const { fault, ...before } = this.#state;
    if (fault === null && before.file === file && before.shipped === shipped) return;
    this.#write({ ...before, file, shipped, newest, at: new Date().toISOString(), fault: null });
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
  return { source: crypto.randomUUID(), file: "", shipped: 0, newest: null, at: null, fault: null };
}

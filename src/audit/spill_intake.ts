/**
 * Takes in what gateways could not store before they ended.
 *
 * @module
 */

import { reasonOf } from "../errors.ts";
import { isBusy } from "./audit_error.ts";
import { isGatewayGone } from "./gateway_id.ts";
import { readSpill, removeFile, type Spilled } from "./spill_file.ts";
import { spillFilesOf, writerOfSpill } from "./spill_files.ts";
import type { StoredEntry } from "./stored_rows.ts";

/** Store that takes records in, and proves that it has them. */
export interface Taker {
  add(entries: Iterable<StoredEntry>): void;
  prove(): boolean;
}

/** Somebody who is told what became of spill files. */
export interface IntakeListener {
  /** A file was taken in. */
  onTaken(file: string, records: number): void;
  /** A file cannot be read, or parts of it: it stays where it is. */
  onUnreadable(file: string, reason: string): void;
}

/**
 * Takes the spill files of gateways that are gone into the database. A file is removed when a
 * checkpoint has proven that its records are there; should this process be killed before, the next
 * one takes it in again, which changes nothing: a record has a key.
 */
export class SpillIntake {
  readonly #database: string;
  readonly #listener: IntakeListener;
  /** Files whose records are in the database, and not proven to be. */
  #taken: string[] = [];
  /** Files that were looked at and stay. */
  readonly #left = new Set<string>();

  constructor(database: string, listener: IntakeListener) {
    this.#database = database;
    this.#listener = listener;
  }

  /**
   * Takes in what is there.
   *
   * @throws when the database cannot be written now: try again later.
   */
  run(taker: Taker): void {
    for (const file of spillFilesOf(this.#database)) {
      const writer = writerOfSpill(file);
      if (writer === null || !isGatewayGone(writer)) continue;
      if (!this.#left.has(file) && !this.#taken.includes(file)) this.#take(file, taker);
    }
    if (this.#taken.length > 0 && taker.prove()) this.proven();
  }

  /** Everything that was taken in is in the database for good. */
  proven(): void {
    const taken = this.#taken;
    this.#taken = [];
    for (const file of taken) this.#tolerate(file, () => removeFile(file));
  }

  #take(file: string, taker: Taker): void {
    const spilled = this.#tolerate(file, () => readSpill(file));
    if (spilled === undefined) return;
    this.#add(file, spilled, taker);
    const { entries, unreadable } = spilled;
    this.#listener.onTaken(file, entries.length);
    if (unreadable === 0) this.#taken.push(file);
    else this.#leave(file, `${unreadable} of its lines cannot be read`);
  }

  #add(file: string, { entries }: Spilled, taker: Taker): void {
    try {
      taker.add(entries);
    } catch (error) {
      // What the table refuses today it will refuse tomorrow.
      if (!isBusy(error) && /constraint failed/.test(reasonOf(error))) {
        this.#leave(file, reasonOf(error));
      }
      throw error;
    }
  }

  #tolerate<T>(file: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      // Another gateway has taken it in meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) this.#leave(file, reasonOf(error));
      return undefined;
    }
  }

  #leave(file: string, reason: string): void {
    this.#left.add(file);
    this.#listener.onUnreadable(file, reason);
  }
}

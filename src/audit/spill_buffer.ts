/**
 * Batches that wait for the database: in memory, and in a spill file once the database has failed.
 *
 * @module
 */

import type { Leftover } from "./protocol.ts";
import type { Durability } from "./schema.ts";
import { SpillFile } from "./spill_file.ts";
import type { StoredBatch } from "./stored_rows.ts";

/** A queue whose batches outlive this process once they were spilled. */
export class SpillBuffer {
  readonly #batches: StoredBatch[] = [];
  readonly #file: SpillFile;
  readonly #durability: Durability;
  /** Number of batches, from the first, that are in the file. */
  #spilled = 0;

  /** @param database The database that they wait for. */
  constructor(database: string, durability: Durability) {
    this.#file = new SpillFile(database);
    this.#durability = durability;
  }

  /** The batch that has waited longest; undefined when none does. */
  get first(): StoredBatch | undefined {
    return this.#batches[0];
  }

  /** Adds one. */
  push(batch: StoredBatch): void {
    this.#batches.push(batch);
  }

  /** Lets go of the first: it is stored. The file keeps it until that is {@link proven}. */
  shift(): void {
    this.#batches.shift();
    this.#spilled = Math.max(0, this.#spilled - 1);
  }

  /** Puts into the file what is not there yet, as far as that can be written. */
  spill(): void {
    try {
      if (this.#file.isGone) {
        this.#file.remove();
        this.#spilled = 0;
      }
      while (this.#spilled < this.#batches.length) {
        this.#file.append(this.#batches[this.#spilled]!);
        this.#spilled++;
      }
    } catch {
      // They are kept in memory; it is tried again, and at the end what is missing is told.
    }
  }

  /** All that was ever stored is in the database for good. */
  proven(): void {
    if (this.#batches.length > 0) return;
    try {
      this.#file.remove();
    } catch {
      // The next start takes it in, which changes nothing, and removes it.
    }
  }

  /**
   * Makes sure of what is left.
   *
   * @param prove Tells whether what was stored is in the database for good.
   */
  close(prove: () => boolean): Leftover {
    if (this.#batches.length === 0) {
      if (this.#file.path !== null) prove();
      return { spill: null, lostBytes: 0 };
    }
    this.spill();
    if (this.#durability === "strict") this.#sync();
    const lost = this.#batches.slice(this.#spilled);
    const spill = this.#file.path === null || this.#spilled === 0
      ? null
      : { file: this.#file.path, batches: this.#spilled };
    return { spill, lostBytes: lost.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  #sync(): void {
    try {
      this.#file.sync();
    } catch {
      // It is in the file as far as anybody can tell.
    }
  }
}

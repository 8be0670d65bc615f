/**
 * A spill file: records as lines of JSON, which anybody can read should no gateway ever take it in.
 *
 * @module
 */

import { newSpillPath } from "./spill_files.ts";
import { END_COLUMNS, entriesOf, ROW_COLUMNS } from "./stored_rows.ts";
import type { StoredBatch, StoredEntry, StoredRow } from "./stored_rows.ts";

const encoder = new TextEncoder();

/** Records that wait for the database; the file is there only while there are some. */
export class SpillFile {
  readonly #database: string;
  #path: string | null = null;
  #file: Deno.FsFile | null = null;
  /** Bytes of whole batches. */
  #bytes = 0;

  /** @param database The database that it stands beside. */
  constructor(database: string) {
    this.#database = database;
  }

  /** Its path; null while it is not there. */
  get path(): string | null {
    return this.#path;
  }

  /** Whether it was removed, or taken in by somebody who takes this process for gone. */
  get isGone(): boolean {
    if (this.#path === null) return false;
    try {
      Deno.lstatSync(this.#path);
      return false;
    } catch (error) {
      return error instanceof Deno.errors.NotFound;
    }
  }

  /**
   * Adds a batch: all of it, or nothing.
   *
   * @throws when it cannot be written.
   */
  append(batch: StoredBatch): void {
    let text = "";
    for (const entry of entriesOf(batch)) text += `${JSON.stringify(entry)}\n`;
    const file = this.#file ?? this.#create();
    try {
      for (let rest = encoder.encode(text); rest.length > 0;) {
        rest = rest.subarray(file.writeSync(rest));
      }
      this.#bytes = file.seekSync(0, Deno.SeekMode.Current);
    } catch (error) {
      if (this.#bytes === 0) this.remove();
      else this.#takeBack(file);
      throw error;
    }
  }

  /** Has it outlive a power cut, as far as the disk can say. */
  sync(): void {
    this.#file?.syncDataSync();
  }

  /** All that is in it is in the database. */
  remove(): void {
    this.#file?.close();
    this.#file = null;
    this.#bytes = 0;
    if (this.#path !== null) removeFile(this.#path);
    this.#path = null;
  }

  #create(): Deno.FsFile {
    const path = newSpillPath(this.#database);
    // Never a file that is there: in a folder that many share, it may be somebody's trap.
    this.#file = Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
    this.#path = path;
    return this.#file;
  }

  #takeBack(file: Deno.FsFile): void {
    file.truncateSync(this.#bytes);
    file.seekSync(this.#bytes, Deno.SeekMode.Start);
  }
}

/** Removes a file; one that somebody else has removed is gone as well. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** What a spill file holds. */
export interface Spilled {
  readonly entries: readonly StoredEntry[];
  /** Lines that say nothing, the last one apart: that one may have been cut off by an end. */
  readonly unreadable: number;
}

/**
 * Reads a spill file.
 *
 * @throws when it cannot be read, or is not this user's own: others could forge records with it.
 */
export function readSpill(path: string): Spilled {
  const { isFile, uid } = Deno.lstatSync(path);
  if (!isFile || uid !== null && uid !== Deno.uid()) {
    throw new Error("it is not a file of this user's own");
  }
  const lines = Deno.readTextFileSync(path).split("\n");
  lines.pop(); // what has no line end is cut off; mostly, it is nothing
  const entries = lines.map(entryOf);
  const readable = entries.filter((entry) => entry !== null);
  return { entries: readable, unreadable: entries.length - readable.length };
}

/** Columns without which there is no row. */
const NEEDED = ["id", "timestamp", "server_name", "tool_name", "status", "outcome"];

function entryOf(line: string): StoredEntry | null {
  try {
    const { row, end } = JSON.parse(line);
    if (row !== undefined) return { row: checked(row, ROW_COLUMNS, NEEDED) };
    return { end: checked(end, END_COLUMNS, ["id", "status", "outcome"]) };
  } catch {
    return null;
  }
}

function checked(
  given: Record<string, unknown>,
  columns: readonly string[],
  needed: readonly string[],
): StoredRow {
  const values = columns.map((column) => {
    const value = given[column] ?? null;
    const isValue = value === null || typeof value === "string" || typeof value === "number";
    if (!isValue || value === null && needed.includes(column)) throw new Error("not a value");
    return [column, value] as const;
  });
  return Object.fromEntries(values);
}

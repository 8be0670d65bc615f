/**
 * Rows and completions of a batch by the names of their columns: for what is not the hot path.
 *
 * @module
 */

import { COMPLETION_CELLS, type PackedRows, ROW_CELLS } from "./batch.ts";
import { END, SESSION_COLUMNS, START, type Value } from "./columns.ts";
import { type Packed, Unpacker } from "./packed.ts";

/** Values by the names of their columns: of a whole row, or of its end and its id. */
export type StoredRow = Readonly<Record<string, Value>>;

/** What the worker stores at once: all of it, or nothing. */
export interface StoredBatch {
  readonly rows: PackedRows;
  readonly completions: Packed;
  /** What it weighs; see `Batch.bytes`. */
  readonly bytes: number;
}

/** The memory that a batch lives in, but for its texts and what is too large for it. */
export function buffersOf({ rows, completions }: StoredBatch): ArrayBuffer[] {
  return [rows, completions].flatMap(({ cells, payloads }) => [cells.buffer, payloads.buffer]);
}

/** What a batch weighs once its large payloads have made way for what is stored of them. */
export function storedBytes({ rows, completions, bytes }: StoredBatch): number {
  const large = [...rows.large, ...completions.large];
  return large.reduce((sum, { size, text }) => sum - size + (text?.length ?? size), bytes);
}

/**
 * Gives the memory of a batch back that nobody will read again. What has lived for some batches
 * would else stay until the next great collection.
 */
export function releaseBatch(batch: StoredBatch): void {
  for (const buffer of buffersOf(batch)) buffer.transfer(0);
}

/** A row, or the completion of one. */
export type StoredEntry = { readonly row: StoredRow } | { readonly end: StoredRow };

/** Rows and completions of a batch, in the order in which they are stored. */
export function* entriesOf({ rows, completions }: StoredBatch): Generator<StoredEntry, void, void> {
  const from = new Unpacker(rows);
  let cell = 0;
  for (const { session, rows: count } of rows.groups) {
    for (let left = count; left > 0; left--, cell += ROW_CELLS) {
      const values = [...session];
      START.unpack(from, cell, values);
      END.unpack(from, cell + START.cells, values);
      yield { row: named(ROW_COLUMNS, values) };
    }
  }
  const ends = new Unpacker(completions);
  for (let cell = 0; cell < ends.cellCount; cell += COMPLETION_CELLS) {
    const values: Value[] = [];
    END.unpack(ends, cell, values);
    yield { end: named(END_COLUMNS, [...values, ends.text(cell + END.cells)]) };
  }
}

/** The columns of a row, in the order in which they are stored. */
export const ROW_COLUMNS: readonly string[] = Object.freeze([
  ...SESSION_COLUMNS,
  ...START.columns,
  ...END.columns,
]);

/** The columns of a completion. */
export const END_COLUMNS: readonly string[] = Object.freeze([...END.columns, "id"]);

function named(columns: readonly string[], values: readonly Value[]): StoredRow {
  return Object.fromEntries(columns.map((column, n) => [column, values[n]!]));
}

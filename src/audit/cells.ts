/**
 * Kinds of cells that a row of the audit log is packed into.
 *
 * @module
 */

import type { CallRecord } from "../session/record.ts";
import { type Packer, PAYLOAD_CELLS, type Unpacker } from "./packed.ts";

/** One value of a call on its way to another thread: its kind, and where it comes from. */
export type Cell =
  | { readonly kind: "number"; readonly of: (record: CallRecord) => number | null }
  /** A text that other calls are likely to have as well, or one that none has. */
  | {
    readonly kind: "text" | "own_text";
    /** @param maxPayloadBytes What is kept of a payload. */
    readonly of: (record: CallRecord, maxPayloadBytes: number) => string | null;
  }
  /** JSON text. */
  | { readonly kind: "payload"; readonly of: (record: CallRecord) => Uint8Array | null };

/** A cell, and how far from the first of its part it stands. */
export interface Place {
  readonly cell: Cell;
  readonly at: number;
}

/** A number. */
export function number(of: (record: CallRecord) => number | null): Cell {
  return { kind: "number", of };
}

/** A text that other calls are likely to have as well. */
export function text(of: (record: CallRecord) => string | null): Cell {
  return { kind: "text", of };
}

/** A text that no other call has. */
export function ownText(
  of: (record: CallRecord, maxPayloadBytes: number) => string | null,
): Cell {
  return { kind: "own_text", of };
}

/** JSON text; past the bound a marker stands for it, also JSON. */
export function payload(of: (record: CallRecord) => Uint8Array | null): Cell {
  return { kind: "payload", of };
}

/**
 * Packs the value of a cell at `at`; copies out of payloads.
 *
 * @param maxPayloadBytes With 0, nothing is kept of a payload but its size.
 */
export function putCell(
  into: Packer,
  at: number,
  cell: Cell,
  record: CallRecord,
  maxPayloadBytes: number,
): void {
  switch (cell.kind) {
    case "number":
      return into.putNumber(at, cell.of(record));
    case "text":
      return into.putText(at, cell.of(record, maxPayloadBytes));
    case "own_text":
      return into.putOwnText(at, cell.of(record, maxPayloadBytes));
    case "payload":
      return into.putPayload(at, cell.of(record), maxPayloadBytes);
  }
}

/** The value that was packed at `at`. */
export function getCell(from: Unpacker, at: number, { kind }: Cell): string | number | null {
  switch (kind) {
    case "number":
      return from.number(at);
    case "text":
    case "own_text":
      return from.text(at);
    case "payload":
      return from.payload(at);
  }
}

/** Gives each cell a place; the same cell has one, however often it is named. */
export function places(cells: readonly Cell[]): {
  readonly places: ReadonlyMap<Cell, Place>;
  readonly width: number;
} {
  const places = new Map<Cell, Place>();
  let width = 0;
  for (const cell of cells) {
    if (places.has(cell)) continue;
    places.set(cell, { cell, at: width });
    width += cell.kind === "payload" ? PAYLOAD_CELLS : 1;
  }
  return { places, width };
}

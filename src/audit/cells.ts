/**
 * Kinds of cells that a row of the audit log is packed into.
 *
 * @module
 */

import type { CallRecord } from "../session/record.ts";
import { type Packer, PAYLOAD_CELLS, type Unpacker } from "./packed.ts";

/** One value of a call on its way to another thread. */
export interface Cell {
  /** How many cells of a {@link Packer} it takes. */
  readonly width: number;
  put(into: Packer, at: number, record: CallRecord, maxPayloadBytes: number): void;
  get(from: Unpacker, at: number): string | number | null;
}

/** A cell, and how far from the first of its part it stands. */
export interface Place {
  readonly cell: Cell;
  readonly at: number;
}

/** A number. */
export function number(of: (record: CallRecord) => number | null): Cell {
  return {
    width: 1,
    put: (into, at, record) => into.putNumber(at, of(record)),
    get: (from, at) => from.number(at),
  };
}

/** A text that other calls are likely to have as well. */
export function text(of: (record: CallRecord) => string | null): Cell {
  return {
    width: 1,
    put: (into, at, record) => into.putText(at, of(record)),
    get: (from, at) => from.text(at),
  };
}

/** A text that no other call has. */
export function ownText(of: (record: CallRecord) => string | null): Cell {
  return {
    width: 1,
    put: (into, at, record) => into.putOwnText(at, of(record)),
    get: (from, at) => from.text(at),
  };
}

/** JSON text; past the bound a marker, also JSON, that says how large it was. */
export function payload(of: (record: CallRecord) => Uint8Array | null): Cell {
  return {
    width: PAYLOAD_CELLS,
    put: (into, at, record, maxPayloadBytes) => {
      const json = of(record), fits = json === null || json.byteLength <= maxPayloadBytes;
      into.putPayload(at, fits ? json : markerOf(json));
    },
    get: (from, at) => from.payload(at),
  };
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
    width += cell.width;
  }
  return { places, width };
}

const encoder = new TextEncoder();

function markerOf(json: Uint8Array): Uint8Array {
  return encoder.encode(`{"_truncated":true,"original_size_bytes":${json.byteLength}}`);
}

/**
 * Rows of values on their way to another thread.
 *
 * Structured cloning walks what it copies value by value; an array of numbers and a text are each
 * copied in one go. So numbers and payloads travel in one typed array each, and a text that many
 * rows share travels once.
 *
 * @module
 */

import { AUDIT_BOUNDS } from "./bounds.ts";
import { type LargePayload, largePayload, sizeMarker, storedText } from "./large_payload.ts";

/** Values as {@link Packer.pack} makes them and {@link Unpacker} reads them. */
export interface Packed {
  /** Numbers (NaN for null), places in `texts`, and offsets into `payloads`. */
  readonly cells: Float64Array<ArrayBuffer>;
  /** The first is null. */
  readonly texts: readonly (string | null)[];
  /** UTF-8, one after the other. */
  readonly payloads: Uint8Array<ArrayBuffer>;
  /** Payloads past the bound. */
  readonly large: readonly LargePayload[];
}

/** Cells of a payload: where it begins, and where it ends; of a large one, -1 minus its place. */
export const PAYLOAD_CELLS = 2;

/** Bytes of payloads whose room is kept for what is put later. */
const KEPT_BYTES = 4 * AUDIT_BOUNDS.batchBytes;

/** Takes values in; who packs and who unpacks agree on what each cell holds. */
export class Packer {
  #cells = new Float64Array(0);
  #cellCount = 0;
  #texts: (string | null)[] = [null];
  readonly #places = new Map<string | null, number>([[null, 0]]);
  #payloads = new Uint8Array(0);
  #payloadBytes = 0;
  #large: LargePayload[] = [];

  /** Number of cells. */
  get cellCount(): number {
    return this.#cellCount;
  }

  /** Makes room. @returns The first of the new cells. */
  addCells(count: number): number {
    const first = this.#cellCount;
    this.#cellCount += count;
    if (this.#cellCount > this.#cells.length) {
      const larger = new Float64Array(2 * this.#cellCount);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    return first;
  }

  /** Values of some cells, to put them again with {@link putCells}. */
  cells(first: number, count: number): Float64Array {
    return this.#cells.slice(first, first + count);
  }

  /** Puts values that {@link cells} of this packer gave. */
  putCells(first: number, values: Float64Array): void {
    this.#cells.set(values, first);
  }

  /** Puts a number. */
  putNumber(cell: number, value: number | null): void {
    this.#cells[cell] = value ?? NaN;
  }

  /** Puts a text that other rows are likely to have as well. */
  putText(cell: number, text: string | null): void {
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.#texts.push(text) - 1;
      this.#places.set(text, place);
    }
    this.#cells[cell] = place;
  }

  /** Puts a text that no other row has. */
  putOwnText(cell: number, text: string | null): void {
    this.#cells[cell] = text === null ? 0 : this.#texts.push(text) - 1;
  }

  /**
   * Puts a copy of `bytes` into {@link PAYLOAD_CELLS} cells; of more than `maxBytes`, what is stored
   * in their place is made on the other side. With a `maxBytes` of 0 that is no more than the size.
   */
  putPayload(cell: number, bytes: Uint8Array | null, maxBytes: number): void {
    if (bytes === null) {
      this.#cells[cell] = NaN;
    } else if (bytes.length <= maxBytes) {
      this.#putBytes(cell, bytes);
    } else if (maxBytes === 0) {
      this.#putBytes(cell, encoder.encode(sizeMarker(bytes.length)));
    } else {
      this.#cells[cell] = -this.#large.push(largePayload(bytes, maxBytes));
    }
  }

  #putBytes(cell: number, bytes: Uint8Array): void {
    const start = this.#payloadBytes, end = this.#payloadBytes += bytes.length;
    if (end > this.#payloads.length) {
      const larger = new Uint8Array(2 * end);
      larger.set(this.#payloads);
      this.#payloads = larger;
    }
    this.#payloads.set(bytes, start);
    this.#cells[cell] = start;
    this.#cells[cell + 1] = end;
  }

  /** Forgets what was put, but not the room that it has taken: new memory costs more than a copy. */
  clear(): void {
    this.#cellCount = this.#payloadBytes = 0;
    this.#texts = [null];
    this.#places.clear();
    this.#places.set(null, 0);
    this.#large = [];
    if (this.#payloads.length > KEPT_BYTES) this.#payloads = new Uint8Array(0);
  }

  /** Gives what has been put so far; a copy. */
  pack(): Packed {
    return {
      cells: this.#cells.slice(0, this.#cellCount),
      texts: this.#texts,
      payloads: this.#payloads.slice(0, this.#payloadBytes),
      large: this.#large,
    };
  }
}

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Gives the values back. */
export class Unpacker {
  readonly #packed: Packed;
  /** All payloads as one text, when each byte is a character of it; else null. */
  readonly #ascii: string | null;

  constructor(packed: Packed) {
    this.#packed = packed;
    // One call instead of one for each, and mostly it will do.
    const text = decoder.decode(packed.payloads);
    this.#ascii = text.length === packed.payloads.length ? text : null;
  }

  /** Number of cells. */
  get cellCount(): number {
    return this.#packed.cells.length;
  }

  /** A number, or null. */
  number(cell: number): number | null {
    const value = this.#packed.cells[cell]!;
    return Number.isNaN(value) ? null : value;
  }

  /** A text, or null. */
  text(cell: number): string | null {
    return this.#packed.texts[this.#packed.cells[cell]!]!;
  }

  /** A payload as text, or null; what is not UTF-8 in it is replaced. */
  payload(cell: number): string | null {
    const { cells, payloads, large } = this.#packed, start = cells[cell]!, end = cells[cell + 1]!;
    if (Number.isNaN(start)) return null;
    if (start < 0) return storedText(large[-1 - start]!);
    if (this.#ascii !== null) return this.#ascii.slice(start, end);
    return decoder.decode(payloads.subarray(start, end));
  }
}

/**
 * Finds duplicate keys while a message is scanned.
 *
 * @module
 */

import { simpleText } from "./names.ts";

/** Longest run of colliding slots that is followed; a longer one is an attack, not data. */
export const MAX_PROBES = 512;

/** Entries above which the table is given back after a message. */
const KEEP_ENTRIES = 1 << 14;

/** Numbers per entry: hash, key start, key end, first entry of its object, slot it lies in. */
const STRIDE = 5;
const HASH = 0, START = 1, END = 2, BASE = 3, SLOT = 4;

const text = new TextDecoder(), encoder = new TextEncoder();

/** Seed of {@link hashByte}: per process, so that nobody can prepare keys that collide. */
export const HASH_SEED: number = crypto.getRandomValues(new Int32Array(1))[0]!;

/** Takes one step of the hash (FNV-1a, 32 bits) over the bytes of a decoded key. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** Decodes the key between the quotes at `start - 1` and `end`. */
export function decodeKey(bytes: Uint8Array, start: number, end: number): string {
  return simpleText(bytes, start, end) ??
    JSON.parse(text.decode(bytes.subarray(start - 1, end + 1)));
}

/**
 * An open-addressing hash table of the keys of all objects that are open at the moment.
 *
 * Entries are added and removed in stack order: when an object closes, its keys leave in reverse, and
 * linear probing is then exactly undone. So the table stays as small as the path that is open, and a
 * key costs the same in an object of three and of a million.
 */
export class KeyTable {
  #slots = new Int32Array(256); // entry + 1; 0 is free
  #entries = new Int32Array(128 * STRIDE);
  #count = 0;
  /** Decoded text of the keys that were written with escapes; others are compared as bytes. */
  readonly #escaped = new Map<number, string>();

  /** Entries now held: what {@link release} takes to forget all that came later. */
  get mark(): number {
    return this.#count;
  }

  /**
   * Adds the key `bytes[start, end)`, which has escapes or bytes beyond ASCII.
   *
   * @returns as {@link addHashed}.
   */
  add(bytes: Uint8Array, start: number, end: number, escaped: boolean, base: number): boolean {
    const decoded = escaped ? decodeKey(bytes, start, end) : undefined;
    let hash = HASH_SEED;
    if (decoded === undefined) {
      for (let i = start; i < end; i++) {
        hash = hashByte(hash, bytes[i]!);
      }
    } else for (const byte of encoder.encode(decoded)) hash = hashByte(hash, byte);
    return this.addHashed(bytes, start, end, hash, base, decoded);
  }

  /**
   * Adds the key `bytes[start, end)` with this hash to the object whose first entry is `base`.
   *
   * @param decoded The key's text, if it was written with escapes.
   * @returns false for a key that this object has already, or that collides with too many others.
   */
  addHashed(
    bytes: Uint8Array,
    start: number,
    end: number,
    hash: number,
    base: number,
    decoded?: string,
  ): boolean {
    const entry = this.#count;
    if ((entry + 1) * STRIDE > this.#entries.length) this.#resize(entry * 2);
    const slots = this.#slots, entries = this.#entries, mask = slots.length - 1;
    let slot = slotOf(hash, base) & mask;
    for (let probes = 0; slots[slot] !== 0; probes++) {
      const other = slots[slot]! - 1;
      if (other >= base && entries[other * STRIDE + HASH] === hash) {
        if (this.#same(bytes, other, start, end, decoded)) return false;
      }
      if (probes === MAX_PROBES) return false;
      slot = (slot + 1) & mask;
    }
    slots[slot] = entry + 1;
    const at = entry * STRIDE;
    entries[at + HASH] = hash;
    entries[at + START] = start;
    entries[at + END] = end;
    entries[at + BASE] = base;
    entries[at + SLOT] = slot;
    if (decoded !== undefined) this.#escaped.set(entry, decoded);
    this.#count = entry + 1;
    return true;
  }

  /** Forgets every entry from `mark` on, last first. */
  release(mark: number): void {
    const slots = this.#slots, entries = this.#entries;
    for (let entry = this.#count - 1; entry >= mark; entry--) {
      slots[entries[entry * STRIDE + SLOT]!] = 0;
      if (this.#escaped.size > 0) this.#escaped.delete(entry);
    }
    this.#count = mark;
    if (mark === 0 && entries.length > KEEP_ENTRIES * STRIDE) this.#resize(128);
  }

  #same(bytes: Uint8Array, other: number, start: number, end: number, decoded?: string): boolean {
    const at = other * STRIDE;
    const otherStart = this.#entries[at + START]!, otherEnd = this.#entries[at + END]!;
    const otherDecoded = this.#escaped.size > 0 ? this.#escaped.get(other) : undefined;
    if (decoded !== undefined || otherDecoded !== undefined) {
      return (decoded ?? decodeKey(bytes, start, end)) ===
        (otherDecoded ?? decodeKey(bytes, otherStart, otherEnd));
    }
    if (otherEnd - otherStart !== end - start) return false;
    for (let i = start, j = otherStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
    return true;
  }

  /** Changes the room and places the entries that are held anew, in their old order. */
  #resize(room: number): void {
    const entries = new Int32Array(room * STRIDE), slots = new Int32Array(room * 2);
    entries.set(this.#entries.subarray(0, this.#count * STRIDE));
    const mask = slots.length - 1;
    for (let at = 0, entry = 1; entry <= this.#count; at += STRIDE, entry++) {
      let slot = slotOf(entries[at + HASH]!, entries[at + BASE]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry;
      entries[at + SLOT] = slot;
    }
    this.#entries = entries;
    this.#slots = slots;
  }
}

/** Mixes a key's hash with its object, so that the same key of nested objects lies apart. */
function slotOf(hash: number, base: number): number {
  let mixed = hash ^ Math.imul(base, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

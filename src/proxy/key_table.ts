/**
 * Finds duplicate keys while a message is scanned.
 *
 * @module
 */

/** Longest run of colliding slots that is followed; a longer one is an attack, not data. */
export const MAX_PROBES = 512;

/** Entries above which the table is given back after a message. */
const KEEP_ENTRIES = 1 << 14;

const text = new TextDecoder();

/** Per process, so that nobody can prepare keys that collide. */
const SEED = crypto.getRandomValues(new Int32Array(1))[0]!;

/** The decoded key between the quotes at `start - 1` and `end`. */
export function decodeKey(bytes: Uint8Array, start: number, end: number): string {
  return JSON.parse(text.decode(bytes.subarray(start - 1, end + 1)));
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
  #hashes = new Int32Array(128);
  #starts = new Int32Array(128);
  #ends = new Int32Array(128);
  #bases = new Int32Array(128); // the first entry of the same object
  #homes = new Int32Array(128); // the slot an entry lies in
  /** Decoded text of the keys that were written with escapes; others are compared as bytes. */
  #escaped = new Map<number, string>();
  #count = 0;

  /** Entries now held: what {@link release} takes to forget all that came later. */
  get mark(): number {
    return this.#count;
  }

  /**
   * Adds the key `bytes[start, end)` to the object whose first entry is `base`.
   *
   * @returns false for a key that this object has already, or that collides with too many others.
   */
  add(bytes: Uint8Array, start: number, end: number, escaped: boolean, base: number): boolean {
    const entry = this.#count;
    let decoded: string | undefined;
    let hash: number;
    if (escaped) {
      decoded = decodeKey(bytes, start, end);
      const plain = new TextEncoder().encode(decoded);
      hash = hashOf(plain, 0, plain.length);
    } else {
      hash = hashOf(bytes, start, end);
    }
    if (entry === this.#hashes.length) this.#resize(entry * 2);

    let slot = this.#slotOf(hash, base);
    const mask = this.#slots.length - 1;
    for (let probes = 0; this.#slots[slot] !== 0; probes++) {
      const other = this.#slots[slot]! - 1;
      if (other >= base && this.#hashes[other] === hash) {
        if (this.#same(bytes, other, start, end, decoded)) return false;
      }
      if (probes === MAX_PROBES) return false;
      slot = (slot + 1) & mask;
    }
    this.#hashes[entry] = hash;
    this.#starts[entry] = start;
    this.#ends[entry] = end;
    this.#bases[entry] = base;
    this.#occupy(slot, entry);
    if (decoded !== undefined) this.#escaped.set(entry, decoded);
    this.#count = entry + 1;
    return true;
  }

  /** Forgets every entry from `mark` on, last first. */
  release(mark: number): void {
    for (let entry = this.#count - 1; entry >= mark; entry--) {
      this.#slots[this.#homes[entry]!] = 0;
      if (this.#escaped.size > 0) this.#escaped.delete(entry);
    }
    this.#count = mark;
    if (mark === 0 && this.#hashes.length > KEEP_ENTRIES) this.#resize(128);
  }

  #slotOf(hash: number, base: number): number {
    let mixed = hash ^ Math.imul(base, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    return (mixed ^ (mixed >>> 13)) & (this.#slots.length - 1);
  }

  #same(bytes: Uint8Array, other: number, start: number, end: number, decoded?: string): boolean {
    const otherStart = this.#starts[other]!, otherEnd = this.#ends[other]!;
    const otherDecoded = this.#escaped.get(other);
    if (decoded !== undefined || otherDecoded !== undefined) {
      return (decoded ?? decodeKey(bytes, start, end)) ===
        (otherDecoded ?? decodeKey(bytes, otherStart, otherEnd));
    }
    if (otherEnd - otherStart !== end - start) return false;
    for (let i = start, j = otherStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
    return true;
  }

  #occupy(slot: number, entry: number): void {
    this.#slots[slot] = entry + 1;
    this.#homes[entry] = slot;
  }

  /** Changes the room and places the entries that are held anew, in their old order. */
  #resize(entries: number): void {
    const copy = (old: Int32Array) => {
      const next = new Int32Array(entries);
      next.set(old.subarray(0, this.#count));
      return next;
    };
    this.#hashes = copy(this.#hashes);
    this.#starts = copy(this.#starts);
    this.#ends = copy(this.#ends);
    this.#bases = copy(this.#bases);
    this.#homes = copy(this.#homes);
    this.#slots = new Int32Array(entries * 2);
    const mask = this.#slots.length - 1;
    for (let entry = 0; entry < this.#count; entry++) {
      let slot = this.#slotOf(this.#hashes[entry]!, this.#bases[entry]!);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#occupy(slot, entry);
    }
  }
}

/** FNV-1a, 32 bits, from a secret start. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

/**
 * Payloads that are too long to be stored, cut down so that what the call did can still be read.
 *
 * @module
 */

import { condense } from "./condense.ts";
import { JsonNodes } from "./json_nodes.ts";

/** Room that a member gets at least; where there is less, some are left out. */
const ENTRY_ROOM = 64;
/** Room for the note of how many members were left out. */
const NOTE_ROOM = 40;
/** Less room than this says nothing. */
const LEAST_ROOM = 24;

/** An element of a list, or a member of an object. */
interface Entry {
  /** Undefined in a list. */
  readonly key: number | undefined;
  readonly value: number;
  /** Characters that it takes when nothing of it is cut. */
  size: number;
}

/**
 * JSON text of the same shape as `text` in about `room` characters at most.
 *
 * Members share the room evenly, and what the short ones leave goes to the long ones: so padding,
 * wherever it stands, takes room from nothing but itself. Where there are too many members for all
 * to be shown, those that are unlike the others are, and the first and the last.
 *
 * @param text Valid JSON; anything else is cut as a text.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const json = JSON.stringify({ pad: "x".repeat(1000), command: "rm -rf /", more: "y".repeat(1000) });
 * assert.match(abridge(json, 200), /"command":"rm -rf \/"/);
 * ```
 */
export function abridge(text: string, room: number): string {
  const out: string[] = [];
  new Abridger(new JsonNodes(text), out).put(0, room);
  return out.join("");
}

class Abridger {
  /** Texts of long strings that were condensed to less than their share. */
  readonly #texts = new Map<number, string>();

  constructor(readonly nodes: JsonNodes, readonly out: string[]) {}

  /** Puts a value out in `room` characters. */
  put(node: number, room: number): void {
    const { nodes, out } = this, kind = nodes.kind(node);
    const isContainer = kind === "{" || kind === "[";
    const fits = nodes.size(node) <= room;
    if (fits && nodes.isCompact(node)) out.push(nodes.raw(node));
    else if (isContainer && (fits || room >= LEAST_ROOM)) this.#putEntries(node, kind, room);
    else if (isContainer) out.push('"…"');
    else out.push(`"${this.#condensed(node, room - 2)}"`);
  }

  /** The inside of a string, or a number as a text, in `room` characters. */
  #condensed(node: number, room: number): string {
    const text = this.#texts.get(node), raw = this.nodes.raw(node);
    if (text !== undefined && text.length <= room) return text;
    return condense(raw.startsWith('"') ? raw.slice(1, -1) : raw, room);
  }

  #putEntries(node: number, kind: string, room: number): void {
    const all = this.#entries(node, kind === "{");
    const inner = room - 1 - all.length; // the brackets, and a comma between two
    const { shown, level } = this.#share(all, inner);
    this.out.push(kind);
    shown.forEach((entry, n) => {
      if (n > 0) this.out.push(",");
      this.#putEntry(entry, Math.min(entry.size, level));
    });
    const missing = all.length - shown.length;
    if (missing > 0) {
      if (shown.length > 0) this.out.push(",");
      this.out.push(kind === "{" ? `"…":"${missing} members left out"` : `"… ${missing} left out"`);
    }
    this.out.push(kind === "{" ? "}" : "]");
  }

  #putEntry({ key, value }: Entry, room: number): void {
    if (key === undefined) return this.put(value, room);
    const { nodes } = this;
    const text = this.#texts.get(value);
    const valueSize = text === undefined ? nodes.size(value) : text.length + 2;
    const keyRoom = Math.min(nodes.size(key), Math.max(room >> 1, room - valueSize - 1));
    this.put(key, keyRoom);
    this.out.push(":");
    this.put(value, room - keyRoom - 1);
  }

  #entries(node: number, isObject: boolean): Entry[] {
    const { nodes } = this, children = nodes.children(node), entries: Entry[] = [];
    for (let n = isObject ? 1 : 0; n < children.length; n += isObject ? 2 : 1) {
      const value = children[n]!, key = isObject ? children[n - 1]! : undefined;
      const size = nodes.size(value) + (key === undefined ? 0 : nodes.size(key) + 1);
      entries.push({ key, value, size });
    }
    return entries;
  }

  /** Chooses what is shown, and the room for each. */
  #share(all: readonly Entry[], room: number): { shown: readonly Entry[]; level: number } {
    let level = waterLevel(all, room);
    const long = all.filter(({ size }) => size > level);
    if (long.length > 1) {
      for (const entry of long) this.#condense(entry, level);
      level = waterLevel(all, room);
    }
    if (level >= ENTRY_ROOM || all.length === 1) return { shown: all, level };
    // Without a member, its comma is not needed either.
    const shown = this.#choose(all, room + all.length - NOTE_ROOM);
    return { shown, level: waterLevel(shown, room + all.length - NOTE_ROOM - shown.length) };
  }

  /** A string that can be said in less than its share leaves the rest to others. */
  #condense(entry: Entry, level: number): void {
    const { nodes } = this, { value, size } = entry;
    if (nodes.kind(value) !== '"' || level < ENTRY_ROOM) return;
    const text = condense(nodes.raw(value).slice(1, -1), level);
    if (text.length > level / 2) return;
    this.#texts.set(value, text);
    entry.size = size - nodes.size(value) + text.length + 2;
  }

  /** Chooses members that take `room` together: what is rare, then from both ends. */
  #choose(all: readonly Entry[], room: number): Entry[] {
    const alike = Map.groupBy(all, (entry) => this.#shape(entry));
    const rareFirst = [...alike.values()].sort((a, b) => a.length - b.length).flat();
    const chosen = new Set<Entry>();
    let left = room;
    const take = (entry: Entry, reserve: number): boolean => {
      const cost = Math.min(entry.size, ENTRY_ROOM) + 1;
      if (left - cost < reserve) return false;
      if (!chosen.has(entry)) left -= cost;
      chosen.add(entry);
      return true;
    };
    for (const entry of rareFirst) if (!take(entry, room / 2)) break;
    for (let n = 0; n < all.length; n++) {
      if (!take(all[n % 2 === 0 ? n >> 1 : all.length - 1 - (n >> 1)]!, 0)) break;
    }
    return all.filter((entry) => chosen.has(entry));
  }

  /** What members have in common that somebody has made by the thousand. */
  #shape({ key, value, size }: Entry): string {
    const { nodes } = this, magnitude = (n: number) => 32 - Math.clz32(n);
    const name = key === undefined
      ? ""
      : `${/\d/.test(nodes.raw(key).slice(0, ENTRY_ROOM))} ${magnitude(nodes.size(key))}`;
    const start = nodes.raw(value).slice(0, ENTRY_ROOM),
      kind = start.charAt(0).replace(/[\d-]/, "0");
    return `${name} ${kind} ${/\d/.test(start)} ${/[^"\w]/.test(start)} ${magnitude(size)}`;
  }
}

/** The size at which entries have to be cut so that all of them fit into `room` together. */
function waterLevel(entries: readonly Entry[], room: number): number {
  const sizes = Float64Array.from(entries, ({ size }) => size).sort();
  let left = room;
  for (let n = 0; n < sizes.length; n++) {
    const share = left / (sizes.length - n);
    if (sizes[n]! > share) return Math.floor(share);
    left -= sizes[n]!;
  }
  return Infinity;
}

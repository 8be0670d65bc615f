/**
 * The order in which calls came, which is not always that in which their rows were written.
 *
 * @module
 */

/** What tells the order of a row: its columns `rowid`, `run`, `mono_us`, `session_id` and `id`. */
export type RowKey = Readonly<Record<string, unknown>>;

/**
 * Numbers of rows, in their order. The rows of a run are put in the order of its clock: what was spilled
 * comes late. Each run keeps its places among the others.
 */
export function inOrder(keys: Iterable<RowKey>): Float64Array {
  const order = new Keys();
  for (const { rowid, run, mono_us, session_id, id } of keys) {
    const key = run === null ? `session ${session_id}` : String(run);
    order.add(Number(rowid), key, run === null ? orderOf(String(id)) : Number(mono_us));
  }
  return order.sorted();
}

/** Rows and their places in time. */
class Keys {
  #rowids = new Float64Array(1024);
  #times = new Float64Array(1024);
  #groups = new Int32Array(1024);
  #size = 0;
  readonly #byName = new Map<string, number>();
  /** The latest time of each group so far; those that go back are put in order. */
  readonly #latest: number[] = [];
  readonly #unordered = new Set<number>();

  add(rowid: number, name: string, time: number): void {
    if (this.#size === this.#rowids.length) this.#grow();
    let group = this.#byName.get(name);
    if (group === undefined) {
      this.#byName.set(name, group = this.#latest.length);
      this.#latest.push(-Infinity);
    }
    if (time < this.#latest[group]!) this.#unordered.add(group);
    // A row without a place in time stays where it is.
    const at = Number.isNaN(time) ? this.#latest[group]! : time;
    this.#latest[group] = Math.max(this.#latest[group]!, at);
    this.#rowids[this.#size] = rowid;
    this.#times[this.#size] = at;
    this.#groups[this.#size++] = group;
  }

  sorted(): Float64Array {
    const rowids = this.#rowids.slice(0, this.#size);
    for (const group of this.#unordered) {
      const places: number[] = [];
      for (let i = 0; i < this.#size; i++) if (this.#groups[i] === group) places.push(i);
      const sorted = places.toSorted((a, b) => this.#times[a]! - this.#times[b]! || a - b);
      sorted.forEach((from, n) => rowids[places[n]!] = this.#rowids[from]!);
    }
    return rowids;
  }

  #grow(): void {
    const grown = <T extends Float64Array | Int32Array>(old: T, array: T): T => {
      array.set(old);
      return array;
    };
    const size = 2 * this.#size;
    this.#rowids = grown(this.#rowids, new Float64Array(size));
    this.#times = grown(this.#times, new Float64Array(size));
    this.#groups = grown(this.#groups, new Int32Array(size));
  }
}

/** The place in time that an id tells, if it is a UUID of version 7; else NaN. */
function orderOf(id: string): number {
  const [, high, low, count] = /^([0-9a-f]{8})-([0-9a-f]{4})-7([0-9a-f]{3})-/.exec(id) ?? [];
  if (high === undefined) return NaN;
  // Of the milliseconds, so many as leave room for the counter.
  return (parseInt(high + low, 16) - EPOCH_MS) * 4096 + parseInt(count!, 16);
}

const EPOCH_MS = Date.UTC(2020);

/**
 * Time that only a simulation has: what is due is done in order, and nothing waits.
 *
 * @module
 */

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** A heap of what is due, earliest first. */
export class Events {
  readonly #heap: Due[] = [];
  /** Milliseconds since the beginning. */
  now = 0;

  /** Has something done in `afterMs`. */
  after(afterMs: number, act: () => void): void {
    const due = { at: this.now + Math.max(0, afterMs), act }, heap = this.#heap;
    let i = heap.push(due) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]!.at <= due.at) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = due;
  }

  /** Does what is due until then. */
  runUntil(endMs: number): void {
    while (this.#heap.length > 0 && this.#heap[0]!.at <= endMs) {
      const { at, act } = this.#pop();
      this.now = at;
      act();
    }
    this.now = endMs;
  }

  #pop(): Due {
    const heap = this.#heap, first = heap[0]!, last = heap.pop()!;
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= last.at) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

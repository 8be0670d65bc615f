/**
 * The time, and the texts within texts, that searching one message may take.
 *
 * @module
 */

import { KeptBack } from "../errors.ts";

/** Bounds of searching, in UTF-16 code units. */
export const PATTERN_BOUNDS = Object.freeze({
  /** Text up to this long is searched in one piece; longer text is cut where it can be. */
  pieceChars: 4096,
  /** The clock is read each time that this much has been searched; … */
  uncheckedChars: 65_536,
  /** … the cost of a search besides its text counts as this much. */
  callChars: 64,
  /** Texts inside texts of one message that are looked into: a second of work at most. */
  looks: 50_000,
});

/** A scan took longer than it may. The text was not searched to its end: do not forward it. */
export class ScanTimeout extends KeptBack {
  override readonly name = "ScanTimeout";
  /** Stable, unlike the message. */
  readonly code = "scan_timeout";
}

/** The time that the patterns of a policy may take together for one message. */
export class Stopwatch {
  readonly #now: () => number;
  #maxMs = Infinity;
  #deadline = Infinity;
  #unchecked = 0;
  #looks = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(maxMs: number): void {
    this.#maxMs = maxMs;
    this.#deadline = this.#now() + maxMs;
    this.#unchecked = this.#looks = 0;
  }

  stop(): void {
    this.#deadline = Infinity;
    this.#looks = 0;
  }

  /** Counts a text inside a text. */
  look(chars: number): void {
    if (++this.#looks > PATTERN_BOUNDS.looks) {
      throw new ScanTimeout(`it holds more than ${PATTERN_BOUNDS.looks} texts within texts`);
    }
    this.count(chars);
  }

  /** Counts a text that is about to be searched. */
  count(chars: number): void {
    this.#unchecked += chars + PATTERN_BOUNDS.callChars;
    if (this.#unchecked < PATTERN_BOUNDS.uncheckedChars) return;
    this.#unchecked = 0;
    if (this.#now() <= this.#deadline) return;
    throw new ScanTimeout(
      `it takes longer than ${this.#maxMs} ms to search ([policy] max_scan_ms)`,
    );
  }
}

/**
 * The work, and the texts within texts, that searching one message may take.
 *
 * @module
 */

import { KeptBack } from "../errors.ts";

/** Bounds of searching, in UTF-16 code units. */
export const PATTERN_BOUNDS = Object.freeze({
  /** Text up to this long is searched in one piece; longer text is cut where it can be. */
  pieceChars: 4096,
  /** The clock is read each time that this much has been searched. */
  uncheckedChars: 65_536,
  /** The cost of a search besides its text counts as this much. */
  callChars: 64,
  /** Texts inside texts of one message that are looked into: a second of work at most. */
  looks: 50_000,
});

/** What the patterns of a policy may do together for one message. */
export interface ScanLimits {
  /** Characters × patterns (`[policy] max_scan_work`): the same text has always the same verdict. */
  readonly maxScanWork: number;
  /** Milliseconds (`[policy] max_scan_ms`), far behind: for a pattern that is slow. */
  readonly maxScanMs: number;
}

/** A scan took more than it may. The text was not searched to its end: do not forward it. */
export class ScanTimeout extends KeptBack {
  override readonly name = "ScanTimeout";
  /** Stable, unlike the message. */
  readonly code = "scan_timeout";
}

const UNBOUND: ScanLimits = Object.freeze({ maxScanWork: Infinity, maxScanMs: Infinity });

/** Counts what the patterns of a policy do for one message. */
export class ScanBudget {
  readonly #now: () => number;
  #limits = UNBOUND;
  #deadline = Infinity;
  #work = 0;
  /** The work at which the clock is read again. */
  #checkAt = Infinity;
  #looks = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  start(limits: ScanLimits): void {
    this.#limits = limits;
    this.#deadline = this.#now() + limits.maxScanMs;
    this.#work = this.#looks = 0;
    this.#checkAt = PATTERN_BOUNDS.uncheckedChars;
  }

  stop(): void {
    this.#limits = UNBOUND;
    this.#work = this.#looks = 0;
    this.#checkAt = Infinity;
  }

  /** Counts a text inside a text. */
  look(chars: number): void {
    if (++this.#looks > PATTERN_BOUNDS.looks) {
      throw new ScanTimeout(`it holds more than ${PATTERN_BOUNDS.looks} texts within texts`);
    }
    this.count(chars);
  }

  /** Counts a text that is about to be searched by one pattern. */
  count(chars: number): void {
    this.#work += chars + PATTERN_BOUNDS.callChars;
    if (this.#work >= this.#checkAt) this.#check();
  }

  #check(): void {
    const { maxScanWork, maxScanMs } = this.#limits;
    this.#checkAt = this.#work + PATTERN_BOUNDS.uncheckedChars;
    if (this.#work > maxScanWork) {
      throw new ScanTimeout(
        `it takes more than ${maxScanWork} characters × patterns to search ([policy] max_scan_work)`,
      );
    }
    if (this.#now() <= this.#deadline) return;
    throw new ScanTimeout(`it takes longer than ${maxScanMs} ms to search ([policy] max_scan_ms)`);
  }
}

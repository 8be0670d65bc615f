/**
 * Work over a connection to PostgreSQL that begins again whenever something is in the way.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { reasonOf } from "../../errors.ts";
import type { LogLevel } from "../../log.ts";
import { type ConnectionOptions, connectionOptions, type Destination } from "./destination.ts";
import { faultWords, mayPass } from "./fault_words.ts";

/** Pauses in milliseconds: after the first failure, doubled with each that follows, up to the longest. */
const PAUSE_MS = Object.freeze({ first: 500, longest: 8000 });

/** Failures after which that is told, too, which was likely to be over in a moment. */
const PATIENCE = 3;

/** A line for the log of whoever started it. */
export interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly reason?: string;
}

/** Options of {@link Retrying}. */
export interface RetryingOptions {
  readonly destination: Destination;
  /** Said when it fails, with the reason, … */
  readonly fails: string;
  /** … and when it is well again. */
  readonly works: string;
  readonly report: (line: Line) => void;
  /** Called with each reason, also one that was said before. */
  readonly onFault: (reason: string) => void;
  /** Whether others speak of a fault. */
  readonly isSilent?: (fault: unknown) => boolean;
}

/** Says each fault once, until it is well again. */
export class Retrying {
  readonly #options: RetryingOptions;
  /** What was said to be wrong since it was well. */
  readonly #said = new Set<string>();
  #failures = 0;

  constructor(options: RetryingOptions) {
    this.#options = options;
  }

  /** Does the work, and begins again when it ends or fails; never ends. */
  async run(work: (options: ConnectionOptions) => Promise<void>): Promise<never> {
    for (;;) {
      try {
        const options = connectionOptions(this.#options.destination);
        try {
          await work(options);
        } catch (fault) {
          if (this.#isWorthSaying(fault)) this.#failed(faultWords(fault, options));
        }
      } catch (fault) {
        this.#failed(reasonOf(fault));
      }
      const longest = Math.min(PAUSE_MS.longest, PAUSE_MS.first * 2 ** this.#failures++);
      await pause(longest * (0.5 + Math.random() / 2));
    }
  }

  /** The work goes well. */
  worked(): void {
    this.#failures = 0;
    if (this.#said.size === 0) return;
    this.#options.report({ level: "info", message: this.#options.works });
    this.#said.clear();
  }

  /** What may be over in a moment is told when it is not. */
  #isWorthSaying(fault: unknown): boolean {
    if (this.#options.isSilent?.(fault)) return false;
    return !mayPass(fault) || this.#said.size === 0 && this.#failures >= PATIENCE;
  }

  #failed(reason: string): void {
    this.#options.onFault(reason);
    if (this.#said.has(reason)) return;
    this.#said.add(reason);
    this.#options.report({ level: "warn", message: this.#options.fails, reason });
  }
}

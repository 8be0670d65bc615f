/**
 * Deadlines of calls that nobody answers: one order for all sessions of a process, since all calls
 * have the same patience.
 *
 * @module
 */

import type { OpenRequest } from "./requests.ts";

/** Options of {@link Deadlines}. */
export interface DeadlineOptions {
  /** Milliseconds after which an open call is given up; 0 for never. */
  readonly callTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly mono: () => number;
}

/** Gives up a call that is overdue. */
export type GiveUp = (request: OpenRequest) => void;

/** The open calls, the one that is due first in front. */
export class Deadlines {
  readonly callTimeoutMs: number;
  readonly #mono: () => number;
  readonly #waiting = new Map<OpenRequest, GiveUp>();

  constructor({ callTimeoutMs, mono }: DeadlineOptions) {
    this.callTimeoutMs = callTimeoutMs;
    this.#mono = mono;
  }

  /**
   * Gives a call its time; one that had some begins anew.
   *
   * @param since Monotonic milliseconds, no less than at the last start of any call.
   */
  start(request: OpenRequest, since: number, giveUp: GiveUp): void {
    if (this.callTimeoutMs === 0) return;
    this.stop(request);
    request.dueAt = since + this.callTimeoutMs;
    this.#waiting.set(request, giveUp);
  }

  /** Forgets a call that is over. */
  stop(request: OpenRequest): void {
    if (request.dueAt === null) return;
    request.dueAt = null;
    this.#waiting.delete(request);
  }

  /** When {@link expire} has to be called next, in monotonic milliseconds; null for never. */
  get next(): number | null {
    for (const { dueAt } of this.#waiting.keys()) return dueAt;
    return null;
  }

  /** Gives up the calls that are overdue. */
  expire(): void {
    const now = this.#mono();
    for (const [request, giveUp] of this.#waiting) {
      if (request.dueAt! > now) return;
      this.stop(request);
      giveUp(request);
    }
  }
}

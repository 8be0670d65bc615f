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
  readonly #waiting = new Map<OpenRequest, { readonly dueAt: number; readonly giveUp: GiveUp }>();

  constructor({ callTimeoutMs, mono }: DeadlineOptions) {
    this.callTimeoutMs = callTimeoutMs;
    this.#mono = mono;
  }

  /** Gives a call its time, from now on; one that had some begins anew. */
  start(request: OpenRequest, giveUp: GiveUp): void {
    if (this.callTimeoutMs === 0) return;
    this.#waiting.delete(request);
    this.#waiting.set(request, { dueAt: this.#mono() + this.callTimeoutMs, giveUp });
  }

  /** Forgets a call that is over. */
  stop(request: OpenRequest): void {
    if (this.callTimeoutMs > 0) this.#waiting.delete(request);
  }

  /** When {@link expire} has to be called next, in monotonic milliseconds; null for never. */
  get next(): number | null {
    for (const { dueAt } of this.#waiting.values()) return dueAt;
    return null;
  }

  /** Gives up the calls that are overdue. */
  expire(): void {
    const now = this.#mono();
    for (const [request, { dueAt, giveUp }] of this.#waiting) {
      if (dueAt > now) return;
      this.#waiting.delete(request);
      giveUp(request);
    }
  }
}

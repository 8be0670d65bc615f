/**
 * The calls that get no record of their own, because the log could not be written for long.
 *
 * @module
 */

import type { CallRecord } from "../session/record.ts";
import { type Origin, timestampText } from "./columns.ts";

/** A record that stands for many calls, and where the first of them came from. */
export interface StandIn {
  readonly record: CallRecord;
  readonly origin: Origin;
  /** Number of calls. */
  readonly calls: number;
}

/** Keeps them apart from the recorded ones, and counts them, so that they are told of. */
export class UnrecordedCalls {
  readonly #open = new Set<string>();
  readonly #wereRefused: boolean;
  #first: { readonly record: CallRecord; readonly origin: Origin } | null = null;
  #lastAt = 0;
  #calls = 0;

  /** @param wereRefused Whether such calls are refused; else they go on. */
  constructor(wereRefused: boolean) {
    this.#wereRefused = wereRefused;
  }

  /** A call begins that is not recorded. */
  begin(record: CallRecord, origin: Origin): void {
    this.#open.add(record.id);
    this.#first ??= { record, origin };
    this.#lastAt = record.startedAt;
    this.#calls++;
  }

  /** A call ends. @returns Whether it was one of them, so that its end is not recorded either. */
  end(id: string): boolean {
    // Nearly always there are none; to look for an id costs more than that.
    return this.#open.size > 0 && this.#open.delete(id);
  }

  /** Gives what stands for all since the last time, with the id of the first; null for none. */
  take(): StandIn | null {
    if (this.#first === null) return null;
    const { record, origin } = this.#first, calls = this.#calls;
    const fate = this.#wereRefused ? "refused" : "let through";
    const detail = `stands for ${calls} calls that were ${fate} until ` +
      `${
        timestampText(this.#lastAt)
      } and have no record of their own: the log could not be written`;
    this.#first = null;
    this.#calls = 0;
    return {
      record: {
        ...record,
        arguments: null,
        outcome: this.#wereRefused ? "error" : "unknown",
        policyHit: this.#wereRefused ? "audit" : null,
        forwarded: !this.#wereRefused,
        detail,
      },
      origin,
      calls,
    };
  }
}

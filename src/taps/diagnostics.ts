/**
 * The tap that tells the operator, on stderr, what was refused: every refusal is counted, and told
 * at a bounded rate.
 *
 * @module
 */

import type { Log } from "../log.ts";
import type { Outcome } from "../session/call.ts";
import type { SessionEvent, Tap } from "../session/record.ts";

/** Refusals told within {@link WINDOW_MS}; the others are only counted. */
export const MAX_TOLD = 20;
/** Milliseconds of one counting window. */
export const WINDOW_MS = 10_000;
/** Bytes that are shown of a line that the server should not have written. */
const EXCERPT_BYTES = 400;

/** Counts what passes and what is refused. */
export class Diagnostics {
  /** Calls that ended. */
  calls = 0;
  /** Calls that a policy, or something like it, has denied; and that limits have refused. */
  denied = 0;
  rateLimited = 0;
  /** Messages that were not understood, or not passed on for another reason. */
  refused = 0;
  readonly #log: Log;
  readonly #now: () => number;
  #windowStart = -Infinity;
  #told = 0;
  #untold = 0;
  #hasPrinted = false;

  constructor(log: Log, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** To be given to a session. */
  readonly tap: Tap = (event) => {
    if (event.type === "call_ended") this.#count(event.record.outcome);
    else if (event.type === "message_refused") this.#refusal(event);
    else if (event.type === "server_printed") this.#print(event.line);
    else if (event.type === "message") {
      const { kind, id, method } = event.message;
      this.#log.debug(`${event.direction} ${kind}`, { id, ...(method === "" ? {} : { method }) });
    }
  };

  /** Tells what was counted and not told. */
  summarise(): void {
    if (this.#untold > 0) this.#log.warn(`${this.#untold} more messages were refused`);
    this.#untold = 0;
  }

  #count(outcome: Outcome): void {
    this.calls++;
    if (outcome === "denied") this.denied++;
    else if (outcome === "rate_limited") this.rateLimited++;
  }

  #print(line: Uint8Array): void {
    if (!this.#hasPrinted) this.#log.info("the server prints to stdout; its lines go to stderr");
    this.#hasPrinted = true;
    this.#log.pass(line);
  }

  #refusal({ direction, reason, line }: SessionEvent & { type: "message_refused" }): void {
    this.refused++;
    const now = this.#now();
    if (now - this.#windowStart > WINDOW_MS) {
      this.summarise();
      this.#windowStart = now;
      this.#told = 0;
    }
    if (++this.#told > MAX_TOLD) {
      this.#untold++;
      return;
    }
    // What the agent sent may hold secrets and is not shown; what the server printed is its log.
    if (direction === "to_server") this.#log.warn(`a message of the agent was refused: ${reason}`);
    else if (line === null) this.#log.warn(`a message of the server was refused: ${reason}`);
    else {
      const excerpt = new TextDecoder().decode(line.subarray(0, EXCERPT_BYTES));
      this.#log.warn(`a line of the server was refused: ${reason}`, { line: excerpt });
    }
  }
}

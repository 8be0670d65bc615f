/**
 * Agents that leave before they have an answer.
 *
 * @module
 */

import { Later } from "./later.ts";

/** Milliseconds after which an agent that still waits is looked after. */
const LOOK_AFTER_MS = 25;

/**
 * Notices them. Deno makes a signal for each request that asks for one, and aborts it with an exception,
 * which costs more than most calls: so only those that take a while ask.
 */
export class Departures {
  readonly #later = new Later(LOOK_AFTER_MS);

  /**
   * Has `left` called when the agent goes away.
   *
   * @returns What ends this: call it before the answer is given, since Deno aborts then, too.
   */
  watch(request: Request, left: () => void): () => void {
    let signal: AbortSignal | undefined;
    const errand = this.#later.add(() => {
      signal = request.signal;
      if (signal.aborted) left();
      else signal.addEventListener("abort", left);
    });
    return () => {
      if (signal === undefined) this.#later.cancel(errand);
      else signal.removeEventListener("abort", left);
    };
  }

  /** Watches nobody any more. */
  stop(): void {
    this.#later.stop();
  }
}

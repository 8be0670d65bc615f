/**
 * Agents that leave before they have an answer.
 *
 * @module
 */

import { type Errand, Later } from "../later.ts";

/** Milliseconds after which an agent that still waits is looked after. */
const LOOK_AFTER_MS = 25;

/** What waits for an agent to leave. */
export interface Waiter {
  /** What the agent asks. */
  readonly request: Request;
  /** Called when it has gone away. */
  left(): void;
}

/** One agent that is watched. */
export interface Watch {
  waiter: Waiter | null;
  errand: Errand<Watch> | null;
  /** What is to be taken away from the request's signal. */
  listener: (() => void) | null;
}

/**
 * Notices them. Deno makes a signal for each request that asks for one, and aborts it with an exception,
 * which costs more than most calls: so only those that take a while ask.
 */
export class Departures {
  readonly #later = new Later<Watch>(LOOK_AFTER_MS, lookAfter);

  /** Watches an agent until {@link unwatch}; do that before the answer, since Deno aborts then, too. */
  watch(waiter: Waiter): Watch {
    const watch: Watch = { waiter, errand: null, listener: null };
    watch.errand = this.#later.add(watch);
    return watch;
  }

  unwatch(watch: Watch): void {
    const { waiter, errand, listener } = watch;
    if (listener !== null) waiter!.request.signal.removeEventListener("abort", listener);
    if (errand !== null) this.#later.cancel(errand);
    watch.waiter = watch.errand = watch.listener = null;
  }

  /** Watches nobody any more. */
  stop(): void {
    this.#later.stop();
  }
}

function lookAfter(watch: Watch): void {
  const { signal } = watch.waiter!.request, listener = () => watch.waiter?.left();
  watch.errand = null;
  watch.listener = listener;
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener);
}

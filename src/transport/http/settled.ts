/**
 * The wait for what is held.
 *
 * @module
 */

import type { Departures, Waiter } from "./departures.ts";
import type { HttpExchange, Keeper } from "./http_exchange.ts";

/** Resolves when what an exchange asks has gone on, or is over; an agent that leaves ends it. */
export async function settled(
  request: Request,
  departures: Departures,
  exchange: HttpExchange,
): Promise<void> {
  const wait = new HeldWait(request, exchange), watch = departures.watch(wait);
  exchange.keeper = wait;
  wait.delivered();
  await wait.over;
  departures.unwatch(watch);
}

class HeldWait implements Waiter, Keeper {
  readonly over: Promise<void>;
  readonly #exchange: HttpExchange;
  readonly #resolve: () => void;

  constructor(readonly request: Request, exchange: HttpExchange) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#resolve = resolve;
    this.#exchange = exchange;
  }

  delivered(): void {
    if (this.#exchange.outbound !== null || this.#exchange.isAnswered) this.#resolve();
  }

  failed(): void {
    this.#exchange.endOpen({ outcome: "error", detail: "the gateway failed" });
    this.delivered();
  }

  left(): void {
    this.#exchange.endOpen({ outcome: "agent_gone", detail: "the agent closed the connection" });
    this.delivered();
  }
}

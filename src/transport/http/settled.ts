/**
 * The wait for what is held.
 *
 * @module
 */

import type { Departures } from "./departures.ts";
import type { HttpExchange } from "./http_exchange.ts";

/** Resolves when what an exchange asks has gone on, or is over; an agent that leaves ends it. */
export async function settled(
  request: Request,
  departures: Departures,
  exchange: HttpExchange,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (exchange.outbound !== null || exchange.isAnswered) resolve();
  };
  const end = (outcome: "agent_gone" | "error", detail: string) => {
    exchange.endOpen({ outcome, detail });
    look();
  };
  const left = () => end("agent_gone", "the agent closed the connection");
  exchange.onDelivered = look;
  exchange.onFault = () => end("error", "the gateway failed");
  const stop = departures.watch(request, left);
  look();
  await promise;
  stop();
}

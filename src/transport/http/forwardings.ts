/**
 * The requests of one endpoint that are under way.
 *
 * @module
 */

import { Chain } from "../chain.ts";
import type { Forwarding } from "./forwarding.ts";

/** Knows them all, and ends them when the gateway does. */
export class Forwardings {
  readonly #all = new Chain<Forwarding>();
  #onEmpty: () => void = () => {};

  get size(): number {
    return this.#all.size;
  }

  add(forwarding: Forwarding): void {
    this.#all.add(forwarding);
  }

  delete(forwarding: Forwarding): void {
    this.#all.remove(forwarding);
    if (this.#all.size === 0) this.#onEmpty();
  }

  /** Ends those that wait for nothing now, and the others when they have had so much time. */
  async drain(timeoutMs: number): Promise<void> {
    for (const forwarding of this.#all.all()) {
      if (forwarding.isWaitingForNothing) forwarding.stop();
    }
    if (this.#all.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(() => this.#all.all().forEach((one) => one.stop()), timeoutMs);
    await promise;
    clearTimeout(timer);
  }
}

/** Circuits over all gateways, by a real engine. */

import assert from "node:assert/strict";
import { openStore } from "../../src/fleet/limits/open.ts";
import type { Store } from "../../src/fleet/limits/store.ts";
import { CircuitBreaker } from "../../src/limits/circuit_breaker.ts";
import type { FromStore } from "../../src/limits/lease_protocol.ts";
import { SharedCircuits } from "../../src/limits/shared_circuits.ts";
import { MemoryLog } from "../audit/support.ts";
import { answer, call, Harness, lines } from "../session/harness.ts";
import { HAS_REDIS, type Redis, withRedis } from "./redis.ts";

const COOLDOWN_MS = 60_000;

/** A gateway with a breaker alone, whose clock can be put forward. */
class Gateway {
  skewMs = 0;
  readonly harness: Harness;
  readonly #store: Store;
  readonly #heard: FromStore["type"][] = [];
  readonly #awaited: { type: FromStore["type"]; found: () => void }[] = [];
  #id = 0;

  constructor({ url }: Redis) {
    const now = () => performance.now() + this.skewMs;
    const settings = { valkey: url, onOutage: "local" as const, prefix: "test:" };
    this.#store = openStore(settings, new MemoryLog(), (message) => {
      shared.receive(message);
      this.#heard.push(message.type);
      this.#look();
    });
    const shared = new SharedCircuits({
      server: "server",
      post: (message) => this.#store.receive(message),
      now,
    });
    const options = {
      ...{ errorThreshold: 2, windowMs: 1e6, cooldownMs: COOLDOWN_MS },
      ...{ countToolErrors: false, callTimeoutMs: 0 },
    };
    const breaker = new CircuitBreaker(options, now, undefined, shared);
    this.harness = new Harness({ stages: [breaker.stage()] });
  }

  /** Resolves when such a thing is heard that nobody has waited for yet. */
  hears(type: FromStore["type"]): Promise<void> {
    return new Promise((found) => {
      this.#awaited.push({ type, found });
      this.#look();
    });
  }

  /** Sends a call; tells whether it went on, or the refusal. */
  send(): "sent" | "held" | Record<string, unknown> {
    const { server, agent } = this.harness.agent(call(++this.#id));
    if (server !== "") return "sent";
    return agent === "" ? "held" : lines(agent)[0].error.data;
  }

  /** What became of a call that was held. */
  settled(): "sent" | Record<string, unknown> {
    const { server, agent } = this.harness.take();
    return server !== "" ? "sent" : lines(agent)[0].error.data;
  }

  fail(): void {
    assert.equal(this.send(), "sent");
    const error = { code: -32000, message: "m" };
    this.harness.server(JSON.stringify({ jsonrpc: "2.0", id: this.#id, error }) + "\n");
  }

  succeed(): void {
    this.harness.server(answer(this.#id));
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #look(): void {
    for (const [i, { type, found }] of this.#awaited.entries()) {
      const at = this.#heard.indexOf(type);
      if (at < 0) continue;
      this.#heard.splice(at, 1);
      this.#awaited.splice(i, 1);
      return found();
    }
  }
}

Deno.test({
  name: "an open circuit is open for all, one probe tests for all, and its outcome is everybody's",
  ignore: !HAS_REDIS,
  fn: () =>
    withRedis(async (redis) => {
      const one = new Gateway(redis), other = new Gateway(redis);
      const gateways = [one, other];
      try {
        one.fail();
        one.fail();
        await Promise.all(gateways.map((gateway) => gateway.hears("circuit")));
        assert.equal((other.send() as { state: string }).state, "open");
        // One that comes later hears of it, too.
        const late = new Gateway(redis);
        gateways.push(late);
        await late.hears("circuit");
        assert.equal((late.send() as { state: string }).state, "open");

        for (const gateway of gateways) gateway.skewMs = COOLDOWN_MS + 1;
        assert.deepEqual(gateways.map((gateway) => gateway.send()), ["held", "held", "held"]);
        await Promise.all(gateways.map((gateway) => gateway.hears("probe")));
        const outcomes = gateways.map((gateway) => gateway.settled());
        const refused = outcomes.filter((outcome) => outcome !== "sent");
        assert.deepEqual(refused.map(({ state }) => state), ["half_open", "half_open"]);

        gateways[outcomes.indexOf("sent")]!.succeed();
        await Promise.all(gateways.map((gateway) => gateway.hears("circuit")));
        assert.deepEqual(gateways.map((gateway) => gateway.send()), ["sent", "sent", "sent"]);
      } finally {
        await Promise.all(gateways.map((gateway) => gateway.close()));
      }
    }),
});

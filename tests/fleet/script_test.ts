/** The script that leases tokens, by a real engine. */

import assert from "node:assert/strict";
import { createClient } from "@redis/client";
import fc from "fast-check";
import { EngineModel } from "../../bench/fleet/engine_model.ts";
import { LEASE_SCRIPT } from "../../src/fleet/limits/script.ts";
import { leaseMs } from "../../src/limits/lease_protocol.ts";
import { withGateways } from "./gateways.ts";
import { HAS_REDIS, type Redis, withRedis } from "./redis.ts";

const ignore = !HAS_REDIS;

/** The script with a clock of the test's own, as its last argument. */
const CLOCKED = LEASE_SCRIPT.replace(
  /local clock[\s\S]*?\/ 1000\n/,
  "local now = tonumber(ARGV[#ARGV])\n",
);

type Send = (...words: (string | number)[]) => Promise<unknown>;

/** Runs `use` with a connection that says anything to the engine. */
async function withClient({ url }: Redis, use: (send: Send) => Promise<void>): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  try {
    await use((...words) => client.sendCommand(words.map(String)));
  } finally {
    client.destroy();
  }
}

const LIMIT = Object.freeze({ maxCalls: 100, windowMs: 60_000 });

/** Asks a bucket for tokens. */
function lease(send: Send, key: string, want: number, nowMs: number, run = "run", known = run) {
  const { maxCalls, windowMs } = LIMIT;
  const numbers = [maxCalls, windowMs, leaseMs(windowMs), want, 0, 0];
  return send("EVAL", CLOCKED, 2, "epoch", key, run, known, ...numbers, nowMs);
}

Deno.test({
  name: "the script and its model agree, whatever is asked and given back, and when",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const step = fc.record({
          want: fc.integer({ min: 0, max: 40 }),
          back: fc.integer({ min: 0, max: 10 }),
          alone: fc.integer({ min: 0, max: 5 }),
          afterMs: fc.integer({ min: 0, max: 5000 }),
        });
        let runs = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
            const key = `bucket${runs++}`, model = new EngineModel();
            const { maxCalls, windowMs } = LIMIT;
            let now = 1_000_000;
            for (const { want, back, alone, afterMs } of steps) {
              now += afterMs;
              const numbers = [maxCalls, windowMs, leaseMs(windowMs), want, back, alone];
              const [granted, waitMs] = await send(
                ...["EVAL", CLOCKED, 2, "epoch", key, "run", "run", ...numbers, now],
              ) as number[];
              const request = { key, ...LIMIT, want, back, alone };
              assert.deepEqual({ granted, waitMs }, model.lease(request, now));
            }
          }),
          { numRuns: 60 },
        );
      })
    ),
});

Deno.test({
  name: "an engine that has started again counts what it may have forgotten as spent",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const granted = async (...given: [string, number, string?, string?]) => {
          const [key, nowMs, ...runs] = given;
          return (await lease(send, key, 1000, nowMs, ...runs) as number[])[0];
        };
        assert.equal(await granted("a", 1000, "first", ""), 100);
        // Another run, with what a snapshot has kept: `b` could have been asked for after it.
        assert.equal(await granted("b", 2000, "second", "first"), 0);
        assert.equal(await granted("b", 32_000, "second", "second"), 50);
        // Nothing was kept, and whoever comes first does not know it; the next one does.
        await send("FLUSHALL");
        assert.equal(await granted("c", 100_000, "third", ""), 100);
        assert.equal(await granted("d", 101_000, "third", "second"), 0);
        assert.equal(await granted("e", 101_500, "third", "third"), 0);
      })
    ),
});

Deno.test({
  name: "names that agents choose are hashed, and every key has the prefix and expires",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const limits = {
          globalMaxCallsPerMinute: 60,
          perAgentMaxCallsPerMinute: 40,
          perToolMaxCallsPerMinute: 5,
        };
        await withGateways({ url: redis.url, count: 2, limits }, async ([one, other]) => {
          await one!.call(10, "echo");
          await other!.call(10, "echo");
          assert.equal(one!.admitted + other!.admitted, 5);
          await one!.call(5, "secret-name");
          assert.equal(one!.admitted + other!.admitted, 10);
        });
        const keys = (await send("KEYS", "*") as string[]).map(String);
        assert.equal(keys.length, 1 + 1 + 1 + 2);
        for (const key of keys) {
          assert.match(key, /^test:(epoch|limit:global:|limit:(agent|tool):[0-9a-f]{64})$/);
          assert.ok(await send("PTTL", key) as number > 0);
        }
      })
    ),
});

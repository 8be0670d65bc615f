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
function lease(send: Send, key: string, want: number, nowMs: number, run = "run", known = "") {
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
          afterMs: fc.integer({ min: -3000, max: 5000 }),
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
                ...["EVAL", CLOCKED, 2, "epoch", key, "run", "", ...numbers, now],
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

/** Asks for more than there is; what was granted, and the memory that a gateway knows from then on. */
async function askAll(send: Send, key: string, nowMs: number, run: string, known: unknown = "") {
  const [granted, , memory] = await lease(send, key, 1000, nowMs, run, String(known)) as unknown[];
  return { granted, memory };
}

Deno.test({
  name: "an engine that has started again counts what it may have forgotten as spent",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const first = await askAll(send, "a", 1000, "first");
        assert.equal(first.granted, 100);
        // Another run, with what a snapshot has kept: `b` could have been asked for after it.
        const second = await askAll(send, "b", 2000, "second", first.memory);
        assert.equal(second.granted, 0);
        assert.equal((await askAll(send, "b", 32_000, "second", second.memory)).granted, 50);
        // Nothing was kept, and whoever comes first does not know it; the next one does.
        await send("FLUSHALL");
        assert.equal((await askAll(send, "c", 100_000, "third")).granted, 100);
        const third = await askAll(send, "d", 101_000, "third", second.memory);
        assert.equal(third.granted, 0);
        assert.equal((await askAll(send, "e", 101_500, "third", third.memory)).granted, 0);
      })
    ),
});

Deno.test({
  name: "an engine that was emptied counts what it has forgotten as spent, whoever asks first",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const before = await askAll(send, "a", 1000, "run");
        await send("FLUSHALL");
        const emptied = await askAll(send, "a", 2000, "run", before.memory);
        assert.equal(emptied.granted, 0);
        assert.equal((await askAll(send, "a", 32_000, "run", emptied.memory)).granted, 50);
        await send("FLUSHALL");
        assert.equal((await askAll(send, "b", 33_000, "run")).granted, 100);
        assert.equal((await askAll(send, "a", 33_000, "run", emptied.memory)).granted, 0);
      })
    ),
});

Deno.test({
  name: "an engine whose clock is set back goes on granting, by the clock that it has now",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withClient(redis, async (send) => {
        const hour = 3_600_000, { memory } = await askAll(send, "a", 2 * hour, "run");
        await send("FLUSHALL");
        const emptied = await askAll(send, "b", 2 * hour, "run", memory);
        const granted = async (key: string, nowMs: number) =>
          (await askAll(send, key, nowMs, "run", emptied.memory)).granted;
        assert.equal(await granted("a", hour), 0);
        assert.equal(await granted("b", hour), 0);
        assert.equal(await granted("a", hour + 30_000), 50);
        assert.equal(await granted("b", hour + 60_000), 100);
        // A moment alone is no other time: nothing is granted for it twice.
        assert.equal(await granted("b", hour + 59_500), 0);
        assert.equal(await granted("b", hour + 60_000), 0);
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

/** The connection to an engine that misbehaves: noticed, said, and made again. */

import assert from "node:assert/strict";
import { createClient } from "@redis/client";
import { Circuits } from "../../src/fleet/limits/circuits.ts";
import { Keys } from "../../src/fleet/limits/keys.ts";
import { Store } from "../../src/fleet/limits/store.ts";
import { Valkey } from "../../src/fleet/limits/valkey.ts";
import type { FromStore } from "../../src/limits/lease_protocol.ts";
import { MemoryLog } from "../audit/support.ts";
import { HAS_REDIS, withRedis } from "./redis.ts";

const ignore = !HAS_REDIS;

/** What a connection tells, to be awaited. */
class Told {
  readonly reasons: string[] = [];
  #up = Promise.withResolvers<void>();
  #down = Promise.withResolvers<void>();

  readonly events = {
    onUp: () => this.#up.resolve(),
    onDown: (reason: string) => {
      this.reasons.push(reason);
      this.#down.resolve();
    },
    onMessage: () => {},
  };

  /** Resolves when it is up, for the first time since this was asked last. */
  async up(): Promise<void> {
    await this.#up.promise;
    this.#up = Promise.withResolvers();
  }

  /** The same of down. */
  async down(): Promise<void> {
    await this.#down.promise;
    this.#down = Promise.withResolvers();
  }
}

/** Runs `use` with a way to the engine that can be made silent for whoever has taken it before. */
async function withWay(
  port: number,
  use: (address: string, silence: () => void) => Promise<void>,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ways: Deno.Conn[] = [];
  let isOpen = { now: true };
  const pass = async (from: Deno.Conn, to: Deno.Conn, open: { readonly now: boolean }) => {
    const bytes = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(bytes);
        if (count === null) break;
        if (open.now) await to.write(bytes.subarray(0, count));
      }
      to.close();
    } catch {
      // One of both is gone.
    }
  };
  const taking = (async () => {
    for await (const here of listener) {
      const there = await Deno.connect({ hostname: "127.0.0.1", port });
      ways.push(here, there);
      void pass(here, there, isOpen);
      void pass(there, here, isOpen);
    }
  })();
  try {
    await use(`redis://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`, () => {
      isOpen.now = false;
      isOpen = { now: true };
    });
  } finally {
    listener.close();
    await taking;
    for (const way of ways) {
      try {
        way.close();
      } catch {
        // It was closed.
      }
    }
  }
}

Deno.test({
  name: "a connection of which nothing is heard any more is made again",
  ignore,
  fn: () =>
    withRedis((redis) =>
      withWay(redis.port, async (address, silence) => {
        const told = new Told(), valkey = new Valkey(address, told.events, 400);
        try {
          await told.up();
          silence();
          await told.down();
          await told.up();
          assert.match(told.reasons[0]!, /^127\.0\.0\.1:\d+ does not answer$/);
          assert.equal(await valkey.run("return 7", [], []), 7);
        } finally {
          await valkey.close();
        }
      })
    ),
});

Deno.test({
  name: "one of which nothing is said for long stays as it is",
  ignore,
  fn: () =>
    withRedis(async (redis) => {
      const told = new Told(), valkey = new Valkey(redis.url, told.events, 100);
      const asked = new Told(), asker = new Valkey(redis.url, asked.events);
      const pings = async () => {
        const info = await asker.run("return redis.call('INFO', 'commandstats')", [], []);
        return Number(/cmdstat_ping:calls=(\d+)/.exec(String(info))?.[1] ?? 0);
      };
      try {
        await Promise.all([told.up(), asked.up()]);
        // Two a silence: so many are five silences.
        while (told.reasons.length === 0 && await pings() < 10);
        assert.deepEqual(told.reasons, []);
      } finally {
        await valkey.close();
        await asker.close();
      }
    }),
});

Deno.test({
  name: "an engine that is busy when we come is asked again",
  ignore,
  fn: () =>
    withRedis(
      async (redis) => {
        const other = createClient({ url: redis.url }), killer = createClient({ url: redis.url });
        await Promise.all([other.connect(), killer.connect()]);
        const busy = assert.rejects(
          other.sendCommand(["EVAL", "while true do end", "0"]),
          /Script killed/,
        );
        const told = new Told(), valkey = new Valkey(redis.url, told.events);
        try {
          await told.down();
          assert.deepEqual(told.reasons, ["a script of somebody else's keeps it busy"]);
          await killer.sendCommand(["SCRIPT", "KILL"]);
          await told.up();
        } finally {
          await valkey.close();
          await busy;
          other.destroy();
          killer.destroy();
        }
      },
      ...["--busy-reply-threshold", "10"],
    ),
});

Deno.test("a gateway whose thread is always late waits no longer for an engine that is silent", async () => {
  const heard = Promise.withResolvers<FromStore>();
  const store = new Store({
    connect: (events) => {
      queueMicrotask(events.onUp);
      return Promise.resolve({
        run: () => new Promise(() => {}),
        subscribe: () => Promise.resolve(),
        runId: "run",
        close: () => Promise.resolve(),
      });
    },
    ...{ prefix: "", onOutage: "deny", address: "", log: new MemoryLog(), patienceMs: 30 },
    tell: heard.resolve,
  });
  // Until a second has passed, each turn of the thread takes longer than a timer may be late.
  let turns = 0;
  const work = () => {
    const since = performance.now();
    while (performance.now() - since < 60);
    if (++turns < 20 && !isOver) setTimeout(work, 0);
  };
  let isOver = false;
  await Promise.resolve();
  const request = { key: "global:", maxCalls: 5, windowMs: 60_000, want: 1, back: 0, alone: 0 };
  store.receive({ type: "lease", request });
  work();
  assert.equal((await heard.promise).type, "outage");
  isOver = true;
  assert.ok(turns < 10, `${turns} turns`);
  await store.close();
});

Deno.test("a circuit that was opened while nobody could be told is open no longer for that", async () => {
  const ran: string[][] = [];
  const connection = {
    run: (_script: string, _keys: readonly string[], args: readonly string[]) => {
      ran.push([...args]);
      return Promise.resolve([]);
    },
    subscribe: () => Promise.resolve(),
    runId: "run",
    close: () => Promise.resolve(),
  };
  const circuits = new Circuits(Promise.resolve(connection), new Keys("test:"), () => {});
  circuits.alone({ event: "opened", circuit: "long", forMs: 60_000 });
  circuits.alone({ event: "opened", circuit: "short", forMs: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  await circuits.catchUp();
  const [long, short] = ran.map(([, , ms]) => Number(ms));
  assert.ok(long! < 60_000 && long! > 50_000, `${long}`);
  assert.equal(short, 0);
});

import assert from "node:assert/strict";
import type { RowsFrame } from "../../src/web/feed_frames.ts";
import type { Call } from "../../ui/models/call.ts";
import { Live, LIVE_BOUNDS } from "../../ui/models/live.ts";
import { ids, shortCall } from "./call.ts";

/** A feed by hand. */
class World {
  readonly sockets: {
    since: number | null;
    onmessage: (e: unknown) => void;
    onclose: (e: unknown) => void;
  }[] = [];
  readonly timers: { ms: number; call: () => void }[] = [];
  readonly frames: (() => void)[] = [];
  /** Calls of the log, newest first; null while it cannot be read. */
  newest: readonly Call[] | null = [];
  isGone = false;
  now = 0;
  /** Sockets that were closed from here. */
  closed = 0;
  readonly live = new Live({
    open: (since) => {
      if (this.isGone) return Promise.reject(new Error("gone"));
      const socket = { since, onmessage: () => {}, onclose: () => {}, close: () => this.closed++ };
      this.sockets.push(socket);
      return Promise.resolve(socket as unknown as WebSocket);
    },
    mayOpen: () => true,
    newest: () =>
      this.newest === null ? Promise.reject(new Error("503")) : Promise.resolve(this.newest),
    read: (data) => data as RowsFrame,
    nextFrame: (call) => void this.frames.push(call),
    after: (ms, call) => void this.timers.push({ ms, call }),
    now: () => this.now,
  });

  async start(): Promise<void> {
    this.live.start();
    await settled();
  }

  /** The feed says something. */
  say(next: number, ...calls: Call[]): void {
    this.sockets.at(-1)!.onmessage({ data: { rows: calls, skipped: 0, next } });
  }

  /** The feed says where it begins. */
  async join(next: number): Promise<void> {
    this.say(next);
    await settled();
  }

  /** The screen draws. */
  draw(): void {
    for (const call of this.frames.splice(0)) call();
  }

  async lose(code = 1006): Promise<void> {
    this.sockets.at(-1)!.onclose({ code });
    await settled();
  }

  async wait(): Promise<void> {
    for (const { call } of this.timers.splice(0)) call();
    await settled();
  }
}

const settled = () => new Promise((done) => setTimeout(done, 0));

Deno.test("Live shows what was there, then what comes, at the next frame of the screen", async () => {
  const world = new World();
  world.newest = [shortCall({ id: "b" }), shortCall({ id: "a" })];
  await world.start();
  await world.join(5);
  assert.equal(world.live.connection.value, "live");
  world.say(6, shortCall({ id: "c" }));
  world.say(7, shortCall({ id: "d" }));
  assert.equal(ids(world.live.history.value), "b a");
  assert.equal(world.frames.length, 1);
  world.draw();
  assert.equal(ids(world.live.history.value), "d c b a");
  assert.equal(world.live.seen.value, 2);
});

Deno.test("Live shows a call that is made while it connects", async () => {
  const world = new World();
  await world.start();
  world.newest = [shortCall({ id: "a" })];
  await world.join(1);
  assert.equal(ids(world.live.history.value), "a");
});

Deno.test("Live asks again for what was there when that went wrong", async () => {
  const world = new World();
  world.newest = null;
  await world.start();
  await world.join(1);
  assert.equal(world.live.isKnown.value, false);
  world.newest = [shortCall({ id: "a" })];
  await world.wait();
  assert.equal(ids(world.live.history.value), "a");
  assert.equal(world.live.isKnown.value, true);
});

Deno.test("Live hears nothing of a connection that it has left", async () => {
  const world = new World();
  await world.start();
  const left = world.sockets.at(-1)!;
  world.live.stop();
  await world.start();
  left.onmessage({ data: { rows: [shortCall({ id: "a" })], skipped: 0, next: 5 } });
  left.onclose({ code: 1006 });
  world.draw();
  assert.equal(world.live.connection.value, "connecting");
  assert.equal(world.live.history.value.length, 0);
  assert.equal(world.timers.length, 0);
});

Deno.test("Live changes what is shown so often as can be read", async () => {
  const world = new World();
  await world.start();
  world.say(1, shortCall({ id: "a" }));
  world.draw();
  world.say(2, shortCall({ id: "b" }));
  assert.equal(world.frames.length, 0);
  assert.deepEqual(world.timers.map(({ ms }) => ms).filter((ms) => ms < 1000), [
    LIVE_BOUNDS.drawMs,
  ]);
  world.now = LIVE_BOUNDS.drawMs;
  await world.wait();
  world.draw();
  assert.equal(ids(world.live.history.value), "b a");
});

Deno.test("Live comes back by itself, where it was, ever more slowly", async () => {
  const world = new World();
  await world.start();
  world.say(41);
  world.isGone = true;
  await world.lose();
  assert.equal(world.live.connection.value, "offline");
  const pauses: number[] = [];
  for (let n = 0; n < 6; n++) {
    pauses.push(...world.timers.map(({ ms }) => ms));
    await world.wait();
  }
  assert.equal(pauses[0], LIVE_BOUNDS.retryMs);
  assert.equal(pauses.at(-1), LIVE_BOUNDS.maxRetryMs);
  world.isGone = false;
  await world.wait();
  assert.equal(world.sockets.at(-1)!.since, 41);
  world.say(42);
  assert.equal(world.live.connection.value, "live");
  assert.equal(world.sockets.length, 2);
});

Deno.test("Live waits for a log that is not there yet, and says so", async () => {
  const world = new World();
  await world.start();
  await world.lose(1011);
  assert.equal(world.live.connection.value, "waiting");
});

Deno.test("Live holds back while paused, counts what waits, and is bounded", async () => {
  const world = new World();
  await world.start();
  world.live.togglePause();
  const calls = Array.from(
    { length: LIVE_BOUNDS.waiting + 10 },
    (_, n) => shortCall({ id: `${n}` }),
  );
  world.say(9, ...calls);
  world.draw();
  assert.equal(world.live.history.value.length, 0);
  assert.equal(world.live.waiting.value, calls.length);
  world.live.togglePause();
  assert.equal(world.live.history.value.length, LIVE_BOUNDS.history);
  assert.equal(world.live.history.value[0]!.id, calls.at(-1)!.id);
  assert.equal(world.live.waiting.value, 0);
  assert.equal(world.live.skipped.value, 10);
});

Deno.test("Live tells the rate of late, which ends by itself", async () => {
  const world = new World();
  await world.start();
  world.say(1, ...Array.from({ length: 50 }, (_, n) => shortCall({ id: `${n}` })));
  world.draw();
  assert.equal(world.live.rate.value, 10);
  world.now = LIVE_BOUNDS.rateMs + 1;
  await world.wait();
  assert.equal(world.live.rate.value, 0);
});

Deno.test("Live that is stopped forgets what it has heard, and begins anew", async () => {
  const world = new World();
  world.newest = [shortCall({ id: "a" })];
  await world.start();
  world.say(5, shortCall({ id: "b" }));
  world.live.stop();
  world.draw();
  assert.equal(world.closed, 1);
  assert.equal(world.live.history.value.length, 0);
  await world.lose();
  await world.wait();
  assert.equal(world.sockets.length, 1);
  await world.start();
  assert.equal(world.sockets.at(-1)!.since, null);
  await world.join(5);
  assert.equal(ids(world.live.history.value), "a");
});

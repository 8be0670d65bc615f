import assert from "node:assert/strict";
import { Batch } from "../../src/audit/batch.ts";
import { FEED_BOUNDS, type FeedSocket, LiveFeed } from "../../src/web/live_feed.ts";
import { LogSource } from "../../src/web/log_source.ts";
import {
  callAt,
  ended,
  insert,
  MAX_PAYLOAD,
  NOW,
  startedCall,
  withStore,
} from "../audit/support.ts";
import { KEY, Listener, withDashboard } from "./harness.ts";

Deno.test("the feed gives each call once when it has ended, in order, and goes on after ?since=", () =>
  withDashboard({}, async ({ listen, insert, store }) => {
    const first = await listen();
    const long = startedCall({ id: "long" });
    insert(long, callAt(NOW, "a"), callAt(NOW, "b"));
    await first.has(2);
    await first.close();
    insert(callAt(NOW, "c"));
    const later = new Batch();
    later.end(ended(long), MAX_PAYLOAD);
    store.write(later.rows, later.completions);
    const second = await listen(`&since=${first.frames[1].change}`);
    await second.has(2);
    insert(callAt(NOW, "d"));
    await second.has(3);
    assert.deepEqual([...first.frames, ...second.frames].map(({ id }) => id), [
      ...["a", "b", "c", "long", "d"],
    ]);
  }));

Deno.test("the page's view has short rows in one frame, and says where to go on", () =>
  withDashboard({}, async ({ listen, insert }) => {
    const listener = await listen("&view=rows");
    await listener.has(1);
    insert(startedCall({ id: "x", argumentsText: JSON.stringify({ text: "y".repeat(1000) }) }));
    await listener.has(2);
    const [hello, { rows, next, skipped }] = listener.frames;
    assert.deepEqual(hello.rows, []);
    assert.deepEqual([rows.length, skipped, rows[0].change], [1, 0, next]);
    assert.deepEqual([rows[0].outcome, rows[0].arguments.length, rows[0].is_cut], [
      "open",
      200,
      true,
    ]);
    assert.equal(rows[0].result, undefined);
  }));

Deno.test("a socket gets in with the key, or once with a ticket", () =>
  withDashboard({}, async ({ address, get }) => {
    const { ticket } = await (await get("/api/ws/ticket", { method: "POST" })).json();
    const port = Number(new URL(address).port), query = `&ticket=${ticket}`;
    await (await Listener.open(port, query, "wrong")).close();
    await assert.rejects(Listener.open(port, query, "wrong"), /refused/);
    await (await Listener.open(port, "", KEY)).close();
  }));

Deno.test("LiveFeed closes a reader that is too slow, and never waits for it", () =>
  withStore(async (store, path) => {
    using log = new LogSource(path);
    using feed = new LiveFeed(log);
    const { promise: closed, resolve } = Promise.withResolvers<number>();
    const socket = {
      readyState: WebSocket.OPEN,
      bufferedAmount: 0,
      send(text: string) {
        this.bufferedAmount += text.length;
      },
      close: (code: number) => resolve(code),
    };
    feed.join(socket as unknown as FeedSocket, "calls", undefined);
    const text = JSON.stringify({ text: "x".repeat(MAX_PAYLOAD - 100) });
    const long = () => ended(startedCall({ argumentsText: text }));
    insert(store, Array.from({ length: 6 }, long));
    assert.equal(await closed, FEED_BOUNDS.slowCode);
    assert.equal(feed.size, 0);
    assert.ok(socket.bufferedAmount < FEED_BOUNDS.waitingBytes + 2 * MAX_PAYLOAD);
  }));

import assert from "node:assert/strict";
import { AuditStore } from "../../src/audit/store.ts";
import type { RowsFrame } from "../../src/web/feed_frames.ts";
import { Batch } from "../../src/audit/batch.ts";
import { FEED_BOUNDS, type FeedSocket, LiveFeed } from "../../src/web/live_feed.ts";
import { LogSource, type OpenLog } from "../../src/web/log_source.ts";
import {
  callAt,
  createOriginalDatabase,
  ended,
  insert,
  MAX_PAYLOAD,
  NOW,
  startedCall,
  withConnection,
  withDatabasePath,
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

/** A socket that keeps what it is told, as the page's view has it. */
class Heard implements FeedSocket {
  readonly readyState = WebSocket.OPEN;
  readonly bufferedAmount = 0;
  readonly ids: string[] = [];
  #heard = Promise.withResolvers<void>();

  send(text: string): void {
    const { rows } = JSON.parse(text) as RowsFrame;
    this.ids.push(...rows.map(({ id }) => id));
    if (rows.length > 0) this.#heard.resolve();
  }

  close(): void {}

  /** Resolves with all ids so far, once there are more. */
  async next(): Promise<string> {
    await this.#heard.promise;
    this.#heard = Promise.withResolvers();
    return this.ids.join(" ");
  }
}

/** A log in which something happens right after the first statement that asks for `of`. */
class EventfulLog extends LogSource {
  constructor(path: string, readonly of: string, readonly happens: () => void) {
    super(path);
  }

  #isOver = false;

  override read<T>(work: (log: OpenLog) => T): T {
    return super.read((log) => work({ ...log, db: this.#watched(log.db) }));
  }

  #watched(db: OpenLog["db"]): OpenLog["db"] {
    const prepare = (sql: string) => {
      const statement = db.prepare(sql);
      if (this.#isOver || !sql.includes(this.of)) return statement;
      return {
        get: () => {
          const row = statement.get();
          this.#isOver = true;
          this.happens();
          return row;
        },
      };
    };
    return { prepare } as unknown as OpenLog["db"];
  }
}

for (const asked of ["data_version", "change_counter", "max(rowid)"]) {
  Deno.test(`LiveFeed tells what is stored while it begins, behind its look at ${asked}`, () =>
    withStore(async (store, path) => {
      insert(store, [callAt(NOW, "before")]);
      const stored = () => insert(store, [callAt(NOW, "while")]);
      using log = new EventfulLog(path, asked, stored);
      using feed = new LiveFeed(log);
      const socket = new Heard();
      feed.join(socket, "rows", undefined);
      // What is there before the feed knows where it begins, whoever joins asks for.
      if (asked === "data_version") insert(store, [callAt(NOW, "after")]);
      assert.equal(await socket.next(), asked === "data_version" ? "after" : "while");
    }));
}

Deno.test("LiveFeed misses nothing when the log is opened again", () =>
  withStore(async (store, path) => {
    using log = new LogSource(path);
    using feed = new LiveFeed(log);
    const socket = new Heard();
    feed.join(socket, "rows", undefined);
    for (const id of ["a", "b", "c"]) {
      log[Symbol.dispose]();
      insert(store, [callAt(NOW, id)]);
      assert.equal((await socket.next()).at(-1), id);
    }
    assert.equal(socket.ids.join(" "), "a b c");
  }));

Deno.test("LiveFeed tells the rows of an original, whatever becomes of the file", () =>
  withDatabasePath(async (path) => {
    createOriginalDatabase(path, [{ id: "old", status: "allowed" }]);
    using log = new LogSource(path);
    using feed = new LiveFeed(log);
    const socket = new Heard();
    feed.join(socket, "rows", undefined);
    const store = (id: string) =>
      withConnection(
        path,
        (db) =>
          db.exec(`INSERT INTO tool_invocations (id, timestamp, server_name, tool_name, status)
            VALUES ('${id}', '2026-11-22T17:52:54Z', 's', 't', 'allowed')`),
      );
    await store("a");
    assert.equal(await socket.next(), "a");
    new AuditStore(path, { durability: "batched" }).close();
    await store("b");
    assert.equal(await socket.next(), "a b");
  }));

Deno.test("LiveFeed goes on from where the log is when a copy from before takes its place", () =>
  withStore(async (store, path) => {
    insert(store, [callAt(NOW, "a")]);
    await withConnection(path, (db) => db.exec(`VACUUM INTO '${path}.copy'`));
    insert(store, Array.from({ length: 10 }, () => callAt(NOW)));
    using log = new LogSource(path);
    using feed = new LiveFeed(log);
    const socket = new Heard();
    feed.join(socket, "rows", undefined);
    const { change } = log.read((log) =>
      log.db.prepare("SELECT last AS change FROM change_counter").get()!
    );
    // At once: a look in between would open the old file again, and keep it for a while.
    log[Symbol.dispose]();
    for (const rest of ["-wal", "-shm"]) Deno.removeSync(path + rest);
    Deno.renameSync(`${path}.copy`, path);
    const copy = new AuditStore(path, { durability: "batched" });
    try {
      const late = new Heard();
      feed.join(late, "rows", Number(change));
      insert(copy, [callAt(NOW, "c")]);
      assert.equal(await late.next(), "c");
      insert(copy, [callAt(NOW, "d")]);
      assert.deepEqual([await socket.next(), await late.next()], ["d", "c d"]);
    } finally {
      copy.close();
    }
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

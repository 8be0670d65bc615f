import assert from "node:assert/strict";
import { CONVERSATION_BOUNDS, Conversations } from "../../../src/transport/http/conversations.ts";
import { call, json, Reading, result, Stream, withHttp } from "./fixture.ts";

/** Calls of each client. */
const CALLS = 5000;

Deno.test("serve: two clients with equal ids, each gets its own answers, one record a call", async () => {
  for (const sessions of [["one", "two"], [null, null]]) {
    await withHttp({
      upstream: ({ body }) => {
        const { id, params } = JSON.parse(body);
        return json(result(id, params.arguments.who));
      },
    }, async ({ post, rows }) => {
      const client = async (who: string, session: string | null) => {
        const headers: Record<string, string> = session === null
          ? {}
          : { "mcp-session-id": session };
        for (let id = 0; id < CALLS; id += 10) {
          await Promise.all(Array.from({ length: 10 }, async (_, i) => {
            const answer = await (await post(call(id + i, "a", { who }), headers)).json();
            assert.deepEqual(answer, result(id + i, who));
          }));
        }
      };
      await Promise.all([client("first", sessions[0]!), client("second", sessions[1]!)]);
      const all = await rows();
      assert.equal(all.length, 2 * CALLS);
      assert.ok(all.every(({ outcome }) => outcome === "ok"));
    });
  }
});

Deno.test("serve: hundreds of agents that leave at once leave nothing upstream", async () => {
  const streams: Stream[] = [];
  await withHttp({
    upstream: () => {
      const stream = new Stream();
      streams.push(stream);
      stream.write(": x\n\n");
      return stream.response;
    },
  }, async ({ url, served }) => {
    const readings = await Promise.all(Array.from({ length: 300 }, async () => {
      const reading = new Reading(await fetch(url));
      await reading.until(": x");
      return reading;
    }));
    assert.equal(streams.length, 300);
    await Promise.all(readings.map((reading) => reading.cancel()));
    await Promise.all(streams.map(({ left }) => left));
    assert.equal(served.active, 0);
  });
});

Deno.test("Conversations are bounded, and forgotten when nobody has used them for long", () => {
  let now = 0, open = 0;
  const conversations = new Conversations(() => {
    open++;
    return { session: {} as never, close: () => void open-- };
  }, () => now);
  const principal = { key: "p", isKnown: true }, { count, idleMs } = CONVERSATION_BOUNDS;
  for (let i = 0; i <= count; i++) conversations.of(principal, `s${i}`);
  assert.deepEqual([conversations.size, open], [count, count]);
  const used = conversations.of(principal, "s5");
  used.enter();
  now = idleMs + 2;
  conversations.of(principal, "s6");
  conversations.sweep();
  assert.deepEqual([conversations.size, open], [2, 2]);
  conversations.forget(principal, "s5");
  assert.deepEqual([conversations.size, open], [1, 2]);
  used.leave();
  assert.equal(open, 1);
  conversations.close();
  assert.equal(open, 0);
});

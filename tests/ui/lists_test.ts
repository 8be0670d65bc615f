import assert from "node:assert/strict";
import type { Call } from "../../ui/models/call.ts";
import { CallList, type CallPage, inSight, LIST_BOUNDS } from "../../ui/models/call_list.ts";
import { SteadyRows } from "../../ui/models/steady_rows.ts";
import { ids, shortCall } from "./call.ts";

const some = (...names: string[]) => names.map((id) => shortCall({ id }));

Deno.test("SteadyRows keep still while somebody reads, and count what waits", () => {
  const rows = new SteadyRows();
  rows.update(some("b", "a"));
  rows.hold("pointer", true);
  const ended = shortCall({ id: "b", outcome: "error" });
  rows.update([...some("d", "c"), ended, ...some("a")]);
  assert.equal(ids(rows.shown.value), "b a");
  assert.equal(rows.shown.value[0], ended, "what is shown may change where it stands");
  assert.equal(rows.unseen.value, 2);
  rows.hold("scroll", true);
  rows.hold("pointer", false);
  assert.equal(ids(rows.shown.value), "b a");
  rows.hold("scroll", false);
  assert.equal(ids(rows.shown.value), "d c b a");
  assert.equal(rows.unseen.value, 0);
});

Deno.test("SteadyRows that are held empty show the first that come", () => {
  const rows = new SteadyRows();
  rows.hold("pointer", true);
  rows.update(some("a"));
  assert.equal(ids(rows.shown.value), "a");
});

Deno.test("CallList keeps what comes while the newest are asked for", async () => {
  const { promise: page, resolve: answer } = Promise.withResolvers<CallPage>();
  const list = new CallList(() => page);
  const loaded = list.load("tool:read_file");
  list.take([
    ...some("new"),
    shortCall({ id: "other", tool_name: "bash" }),
    shortCall({ id: "ran", change: 8 }),
    shortCall({ id: "later", outcome: "open", change: 9 }),
  ]);
  const calls = [
    shortCall({ id: "later", outcome: "ok", change: 10 }),
    shortCall({ id: "ran", outcome: "open", change: 7 }),
  ];
  answer({ calls, next: null });
  await loaded;
  assert.equal(ids(list.rows.value), "new later ran");
  assert.deepEqual(list.rows.value.map(({ outcome }) => outcome), ["ok", "ok", "ok"]);
});

Deno.test("CallList reads pages, takes what comes and passes, and keeps still while held", async () => {
  const asked: [string, string | null][] = [];
  const list = new CallList((line, cursor) => {
    asked.push([line, cursor]);
    const calls = cursor === null ? some("b", "a") : some("a", "z");
    return Promise.resolve({ calls, next: cursor === null ? "next" : null });
  });
  await list.load("tool:read_file");
  await list.more();
  assert.equal(ids(list.rows.value), "b a z");
  assert.ok(list.isWhole.value);
  assert.deepEqual(asked, [["tool:read_file", null], ["tool:read_file", "next"]]);
  const isUnsure = list.take([
    shortCall({ id: "c" }),
    shortCall({ id: "other", tool_name: "bash" }),
    shortCall({ id: "a", outcome: "error" }),
  ]);
  assert.ok(!isUnsure);
  assert.equal(ids(list.rows.value), "c b a z");
  assert.equal(list.rows.value[2]!.outcome, "error");
  list.hold("scroll", true);
  list.take(some("d", "e", "d"));
  assert.equal(ids(list.rows.value), "c b a z");
  assert.equal(list.unseen.value, 2);
  list.hold("scroll", false);
  assert.equal(ids(list.rows.value), "e d c b a z");
});

Deno.test("CallList asks for what it cannot judge, and drops an answer to an older filter", async () => {
  const answers = new Map<string, PromiseWithResolvers<readonly Call[]>>();
  const list = new CallList(async (line) => {
    answers.set(line, Promise.withResolvers());
    return { calls: await answers.get(line)!.promise, next: null };
  });
  const first = list.load("first"), second = list.load("second");
  answers.get("second")!.resolve(some("s"));
  await second;
  answers.get("first")!.resolve(some("f"));
  await first;
  assert.equal(ids(list.rows.value), "s");
  assert.ok(list.take(some("n")));
  const refreshed = list.refresh();
  answers.get("second")!.resolve(some("n", "s"));
  await refreshed;
  assert.equal(ids(list.rows.value), "n s");
});

Deno.test("CallList is bounded, and says what went wrong", async () => {
  const list = new CallList(() => Promise.resolve({ calls: [], next: null }));
  await list.load("");
  list.take(some(...Array.from({ length: LIST_BOUNDS.rows + 1 }, (_, n) => `${n}`)));
  assert.equal(list.rows.value.length, LIST_BOUNDS.rows);
  assert.equal(list.rows.value[0]!.id, `${LIST_BOUNDS.rows}`);
  list.hold("scroll", true);
  list.take(some(...Array.from({ length: LIST_BOUNDS.waiting + 1 }, (_, n) => `w${n}`)));
  assert.equal(list.unseen.value, LIST_BOUNDS.waiting + 1);
  list.catchUp();
  assert.equal(list.rows.value[0]!.id, `w${LIST_BOUNDS.waiting}`);
  const faulty = new CallList(() => Promise.reject(new Error("took must be like >200ms")));
  await faulty.load("took:long");
  assert.equal(faulty.fault.value, "took must be like >200ms");
  assert.equal(faulty.state.value, "ready");
});

Deno.test("inSight draws what is seen and a little more", () => {
  assert.deepEqual(inSight(0, 320, 32, 1000), { from: 0, to: 18 });
  assert.deepEqual(inSight(3200, 320, 32, 1000), { from: 92, to: 118 });
  assert.deepEqual(inSight(0, 320, 32, 3), { from: 0, to: 3 });
});

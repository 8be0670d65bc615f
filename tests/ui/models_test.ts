import assert from "node:assert/strict";
import { ApiFault, Client, type ClientPort } from "../../ui/client.ts";
import { matching } from "../../ui/models/action_words.ts";
import { Actions } from "../../ui/models/actions.ts";
import { ago, change, lasted, share, took } from "../../ui/models/format.ts";
import { lineDiff } from "../../ui/models/line_diff.ts";
import { leaveProposal, takeProposal } from "../../ui/models/proposal.ts";
import { Route } from "../../ui/models/route.ts";
import { Session } from "../../ui/models/session.ts";
import { bytes } from "../../ui/models/size_words.ts";
import { readSpan, spanQuery, spanWords } from "../../ui/models/span.ts";
import { TypedAhead } from "../../ui/models/typed_ahead.ts";
import { waterfallOf } from "../../ui/models/waterfall.ts";
import { thinned } from "../../ui/models/window.ts";
import { shortCall } from "./call.ts";

/** A storage that is a map. */
function storageOf(entries: readonly [string, string][] = []) {
  const kept = new Map<string, string>(entries);
  return {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  };
}

Deno.test("numbers and times as words", () => {
  assert.deepEqual([null, 640, 7100, 430_000, 2_400_000, 180e6].map(took), [
    ...["–", "640 µs", "7.1 ms", "430 ms", "2.4 s", "3 min"],
  ]);
  assert.deepEqual([9949, 9950, 999_499, 999_500].map(took), [
    "9.9 ms",
    "10 ms",
    "999 ms",
    "1.0 s",
  ]);
  assert.deepEqual([0, 99_000, 120_000, 7_200_000, 172_800_000].map(lasted), [
    ...["0 s", "99 s", "2 min", "2 h", "2 d"],
  ]);
  assert.equal(ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:02:00Z")), "2 min ago");
  assert.deepEqual([999, 18_200, 3_400_000].map(bytes), ["999 B", "18.2 kB", "3.4 MB"]);
  assert.deepEqual([share(0, 0), share(1, 5000), share(1, 10), share(5, 5)], [
    ...["–", "< 0.1 %", "10.0 %", "100 %"],
  ]);
  assert.deepEqual(
    [change(112, 100), change(96, 100), change(5, 0), change(0, 0), change(100, 1)],
    [
      ...["+12 %", "−4 %", "new", null, "×100"],
    ],
  );
});

Deno.test("Route keeps every state in the address", () => {
  const went: string[] = [];
  let href = "http://h/activity?q=a#key=secret";
  const route = new Route({
    href: () => href,
    push: (to) => void went.push(`push ${to}`),
    replace: (to) => void went.push(`replace ${to}`),
  });
  assert.equal(route.get("q"), "a");
  route.set({ q: null, call: "x y" });
  route.set({ call: "x y" });
  route.set({ call: "z" }, true);
  route.go("/settings");
  assert.deepEqual(went, [
    "replace http://h/activity?call=x+y",
    "push http://h/activity?call=z",
    "push http://h/settings",
  ]);
  assert.equal(route.path.value, "/settings");
  href = "http://h/activity?call=z";
  route.follow();
  assert.equal(route.get("call"), "z");
  assert.equal(route.with({ q: "1" }), "/activity?call=z&q=1");
});

Deno.test("Session takes the key of a link out of the address, and forgets one that is refused", () => {
  const storage = storageOf();
  let fragment = "#key=abc";
  const session = new Session({
    storage,
    fragment: () => fragment,
    dropFragment: () => fragment = "",
  });
  assert.deepEqual([session.state.value, session.key, fragment], ["in", "abc", ""]);
  session.refused(429);
  assert.deepEqual([session.state.value, session.key], ["waiting", "abc"]);
  session.refused(401);
  assert.deepEqual([session.state.value, session.key], ["wrong", null]);
  session.signIn(" def \n");
  assert.deepEqual([session.state.value, session.key], ["in", "def"]);
  session.signOut();
  assert.deepEqual([session.state.value, session.key], ["out", null]);
});

Deno.test("Client asks with the key, and tells faults apart", async () => {
  const told: unknown[] = [];
  const clientOf = (answer: () => Response) => {
    const port: ClientPort = {
      fetch: (_path, init) => {
        told.push(new Headers(init?.headers).get("authorization"));
        return Promise.try(answer);
      },
      socket: () => {
        throw new Error("none");
      },
      key: () => "k",
      onRefused: (status) => void told.push(status),
      onLog: (reason) => void told.push(reason),
    };
    return new Client(port);
  };
  assert.deepEqual(await clientOf(() => Response.json({ a: 1 })).get("/api/overview"), { a: 1 });
  const isFault = (status: number, message: RegExp) => (fault: unknown) =>
    fault instanceof ApiFault && fault.status === status && message.test(fault.message);
  const refused = clientOf(() => Response.json({ error: "no" }, { status: 401 }));
  await assert.rejects(refused.get("/api/overview"), isFault(401, /no/));
  const unreadable = clientOf(() => Response.json({ error: "damaged" }, { status: 503 }));
  await assert.rejects(unreadable.get("/api/overview"), isFault(503, /damaged/));
  await assert.rejects(unreadable.get("/api/policies"), isFault(503, /damaged/));
  const gone = clientOf(() => {
    throw new TypeError("fetch failed");
  });
  await assert.rejects(gone.get("/api/tools"), isFault(0, /does not answer/));
  assert.deepEqual(told, [
    ...["Bearer k", null, "Bearer k", 401, "Bearer k", "damaged", "Bearer k", "Bearer k"],
  ]);
});

Deno.test("Actions run by their keys, the latest first, and not while one types", () => {
  const actions = new Actions(), ran: string[] = [];
  const action = (id: string, key: string) => ({
    id,
    key,
    label: id,
    run: () => void ran.push(id),
  });
  actions.add([action("Open settings", "s"), action("Find", "mod+k")]);
  const leave = actions.add([action("Save", "s")]);
  const press = (key: string, isTyping = false, ctrlKey = false) =>
    actions.press({ key, ctrlKey, metaKey: false, altKey: false }, isTyping);
  assert.ok(press("s"));
  assert.ok(!press("s", true));
  assert.ok(press("k", true, true));
  assert.ok(!press("z"));
  leave();
  assert.ok(press("s"));
  assert.deepEqual(ran, ["Save", "Find", "Open settings"]);
  assert.deepEqual(matching(actions.all.value, "SET op").map(({ id }) => id), ["Open settings"]);
});

Deno.test("a span is read from the address, and whatever is none is the usual one", () => {
  assert.deepEqual(readSpan({ span: "7d", from: null, to: null }), { last: "7d" });
  assert.deepEqual(readSpan({ span: "9y", from: "x", to: "5" }), { last: "24h" });
  const zoom = readSpan({ span: "7d", from: "5", to: "9" });
  assert.equal(spanQuery(zoom), "from=5&to=9");
  assert.deepEqual(spanWords({ last: "1h" }), { span: "1h", from: null, to: null });
});

Deno.test("lineDiff says what is gone and what is new", () => {
  const diff = (a: string, b: string) =>
    lineDiff(a, b).map(({ kind, text }) => `${kind[0]}${text}`).join(" ");
  assert.equal(diff("a\nb\nc", "a\nx\nc"), "sa gb nx sc");
  assert.equal(diff("a", "a"), "sa");
  assert.equal(diff("a\nb", "b\nc"), "ga sb nc");
  assert.equal(diff("", "a\n"), "na s");
  const long = Array.from({ length: 3000 }, (_, n) => `${n}`).join("\n");
  assert.equal(lineDiff(long, long.replaceAll("9", "x")).length > 3000, true);
});

Deno.test("waterfallOf keeps calls in order and makes idle times short", () => {
  const at = (id: string, timestamp: string, ms: number) =>
    shortCall({ id, timestamp, latency_us: ms * 1000 });
  const { bars, gaps, ms } = waterfallOf([
    at("c", "2026-01-01T10:00:00Z", 1000),
    at("a", "2026-01-01T00:00:00Z", 1000),
    at("b", "2026-01-01T00:00:00.500Z", 500),
  ], 0);
  assert.deepEqual(bars.map(({ call }) => call.id), ["a", "b", "c"]);
  assert.equal(gaps.length, 1);
  assert.equal(gaps[0]!.ms, 36_000_000 - 1000);
  assert.equal(ms, 36_001_000);
  const [a, b, c] = bars;
  assert.ok(a!.width > 0.4 && b!.from > 0 && c!.from > 0.5 && c!.from + c!.width <= 1.0001);
  assert.deepEqual(waterfallOf([], 0).bars, []);
});

Deno.test("thinned draws values together, and leaves out what is not known", () => {
  assert.deepEqual(thinned([1, 2, 3], "sum"), [1, 2, 3]);
  assert.deepEqual(thinned(Array.from({ length: 48 }, () => 1), "sum"), Array(24).fill(2));
  assert.equal(thinned([...Array(47).fill(null), 4], "mean").at(-1), 4);
});

Deno.test("a proposal is taken once", () => {
  const storage = storageOf();
  leaveProposal(storage, { toml: "x", callId: "1" });
  assert.deepEqual(takeProposal(storage), { toml: "x", callId: "1" });
  assert.equal(takeProposal(storage), null);
});

Deno.test("TypedAhead keeps what is typed while something is expected, and nothing else", () => {
  const typed = new TypedAhead(), none = { ctrlKey: false, metaKey: false, altKey: false };
  const keep = (key: string, more = {}) => typed.keep({ key, ...none, ...more });
  assert.ok(!keep("a"));
  assert.equal(typed.take(), null);
  typed.expect();
  assert.ok(keep("a") && keep(" ") && keep("b"));
  assert.ok(!keep("Enter") && !keep("k", { ctrlKey: true }));
  assert.equal(typed.take(), "a b");
  assert.ok(!keep("c"));
});

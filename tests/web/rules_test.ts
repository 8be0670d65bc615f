import assert from "node:assert/strict";
import { ended, startedCall } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

const HOUR = 3_600_000;

Deno.test("/api/violations tells how often a rule refused before, and the call that it refused last", () =>
  withDashboard({}, async ({ insert, json }) => {
    const denied = (id: string, startedAt: number) =>
      ended(startedCall({ id, startedAt, tool: "bash", policyHit: "no-bash" }), "denied");
    const now = Date.now();
    insert(denied("old", now - 30 * HOUR), denied("a", now - 2 * HOUR), denied("b", now - HOUR));
    const [rule] = await json("/api/violations?span=24h");
    assert.deepEqual([rule.rule, rule.count, rule.before, rule.latest.id], ["no-bash", 2, 1, "b"]);
    const [ever] = await json("/api/violations?span=all");
    assert.deepEqual([ever.count, ever.before], [3, null]);
  }));

Deno.test("/api/shadow tells what each rule would have done, and to which tools", () =>
  withDashboard({}, async ({ insert, json, get }) => {
    const call = (id: string, tool: string, ago: number, ...shadowHits: string[]) =>
      ended(startedCall({ id, tool, startedAt: Date.now() - ago, shadowHits }));
    insert(
      call("long ago", "bash", 48 * HOUR, "would_deny:no-bash"),
      call("1", "bash", 2 * HOUR, "would_deny:no-bash"),
      call("2", "curl", HOUR, "would_deny:no-bash", "would_redact:keys"),
      call("3", "curl", HOUR),
    );
    const { rules, counted_since } = await json("/api/shadow?span=24h");
    assert.equal(counted_since, null);
    assert.deepEqual(
      // deno-lint-ignore no-explicit-any
      rules.map((of: any) => [of.act, of.rule, of.count, of.tools, of.latest.id]),
      [["would_deny", "no-bash", 2, ["curl", "bash"], "2"], [
        "would_redact",
        "keys",
        1,
        ["curl"],
        "2",
      ]],
    );
    assert.equal((await get("/api/shadow?span=never")).status, 400);
  }));

Deno.test("/api/history tells the calls of one name over time", () =>
  withDashboard({}, async ({ insert, json, get }) => {
    const now = Date.now();
    insert(
      ended(startedCall({ id: "1", tool: "bash", startedAt: now - 2 * HOUR })),
      ended(startedCall({ id: "2", tool: "bash", startedAt: now - 2 * HOUR }), "error"),
      ended(startedCall({ id: "3", tool: "curl", startedAt: now - 2 * HOUR })),
    );
    const sum = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    const of = await json("/api/history?by=tool&name=bash&span=24h");
    assert.deepEqual([of.step_s, sum(of.calls), sum(of.errors)], [3600, 2, 1]);
    assert.deepEqual([of.at.length, of.p99_ms.length, of.p99_ms.filter(Boolean).length], [
      25,
      25,
      1,
    ]);
    const all = await json("/api/history?by=server&name=files&span=all");
    assert.equal(sum(all.calls), 3);
    assert.equal(sum((await json("/api/history?by=agent&name=claude-code&span=7d")).calls), 3);
    assert.equal((await get("/api/history?by=tool")).status, 400);
  }));

Deno.test("/api/tool-costs tells what lists cost, and which tools nobody calls", () =>
  withDashboard({}, async ({ store, insert, json }) => {
    assert.deepEqual(await json("/api/tool-costs"), []);
    store.noteTools("files", [{ name: "gone", bytes: 1 }], Date.now() - 3_600_000);
    store.noteTools("files", [{ name: "bash", bytes: 400 }, { name: "curl", bytes: 900 }]);
    insert(ended(startedCall({ id: "1", tool: "bash", startedAt: Date.now() - HOUR })));
    const [files, ...others] = await json("/api/tool-costs?span=24h");
    assert.deepEqual([files.server, others], ["files", []]);
    assert.deepEqual(files.tools, [
      { tool: "curl", bytes: 900, calls: 0 },
      { tool: "bash", bytes: 400, calls: 1 },
    ]);
  }));

Deno.test("a server that lists other tools each time fills no log, nor does a wrong clock hide them", () =>
  withDashboard({}, async ({ store, json }) => {
    const list = (of: string) =>
      Array.from({ length: 4096 }, (_, n) => ({ name: `${of}${n}${"x".repeat(1000)}`, bytes: n }));
    store.noteTools("files", [{ name: "future", bytes: 1 }], Date.now() + 40 * 86_400_000);
    store.noteTools("files", list("a"), Date.now() - 2);
    store.noteTools("files", list("b"), Date.now() - 1);
    store.noteTools("shell", [{ name: "bash", bytes: 1 }]);
    const servers = await json("/api/tool-costs");
    const tools = servers.map(({ tools }: { tools: { tool: string }[] }) => tools);
    assert.deepEqual(tools.map(({ length }: { length: number }) => length), [4096, 1]);
    assert.ok(tools[0].every(({ tool }: { tool: string }) => /^b.{255}$/.test(tool)));
  }));

Deno.test("/api/config tells the configuration in force", () =>
  withDashboard({}, async ({ json }) => {
    assert.deepEqual(await json("/api/config"), { file: null, settings: [] });
  }));

Deno.test("what is told of a span is told from and to a moment as well, by whole hours", () =>
  withDashboard({}, async ({ insert, json, get }) => {
    const now = Date.now(), shadowHits = ["would_deny:x"];
    const call = (id: string, ago: number) =>
      ended(
        startedCall({ id, tool: "bash", startedAt: now - ago, policyHit: "no-bash", shadowHits }),
        "denied",
      );
    insert(call("before", 9 * HOUR), call("in", 6 * HOUR), call("after", 3 * HOUR));
    const at = (ago: number) => Math.floor((now - ago) / 1000);
    const words = `from=${at(6.5 * HOUR)}&to=${at(5.5 * HOUR)}`;
    const [rule] = await json(`/api/violations?${words}`);
    assert.deepEqual([rule.count, rule.trend.length, rule.latest.id], [1, 1, "in"]);
    const { rules } = await json(`/api/shadow?${words}`);
    assert.deepEqual([rules[0].count, rules[0].latest.id], [1, "in"]);
    for (const by of ["tool", "server", "agent"]) {
      const [of] = await json(`/api/tools?${words}&by=${by}`);
      assert.equal(of.total_calls, 1, by);
    }
    const { calls } = await json(`/api/history?${words}&by=tool&name=bash`);
    assert.deepEqual(calls.filter((count: number) => count > 0), [1]);
    assert.equal((await json(`/api/tool-costs?${words}`)).length, 0);
    const past = `from=${at(12 * HOUR)}&to=${at(10 * HOUR)}`;
    for (const path of ["violations", "tools", "sessions"]) {
      assert.deepEqual(await json(`/api/${path}?${past}`), [], path);
      const answer = await get(`/api/${path}?from=5&to=5`);
      assert.equal(answer.status, 400);
      await answer.body?.cancel();
    }
  }));

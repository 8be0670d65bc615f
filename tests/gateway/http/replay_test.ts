import assert from "node:assert/strict";
import { wordOf } from "../../../src/simulate/replay/replay.ts";
import { rule } from "../../policy/harness.ts";
import { replayed } from "../../simulate/recorder.ts";
import { call, json, request, result, withHttp } from "./fixture.ts";

const INITIALIZE = request(0, "initialize", {
  ...{ protocolVersion: "2025-06-18", capabilities: {} },
  clientInfo: { name: "ada", version: "1" },
});
const MODERN = { "mcp-protocol-version": "2026-07-28" };

const policyOf = (maxCalls: number) =>
  rule("few", { action: "rate_limit", tool: "few", max_calls: maxCalls, window_seconds: 3600 }) +
  rule("third", { action: "deny", tool: "count", condition: "session.calls >= 2" }) +
  rule("writes", {
    action: "deny",
    tool: "write",
    condition: "not tool.annotations.readOnlyHint",
  }) +
  rule("ada", { action: "deny", tool: "name", condition: "agent.name == 'ada'" });

Deno.test("serve records what a replay needs, in sessions and without, before and after a reload", () =>
  withHttp({
    policy: policyOf(2),
    upstream: ({ body }) => {
      const { id, method } = JSON.parse(body);
      if (method === "tools/list") {
        const tools = [{ name: "write", inputSchema: {}, annotations: { readOnlyHint: true } }];
        return json({ jsonrpc: "2.0", id, result: { tools } });
      }
      const value = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: { name: "s" } };
      if (method !== "initialize") return json(result(id));
      return json({ jsonrpc: "2.0", id, result: value }, { headers: { "mcp-session-id": "s1" } });
    },
  }, async ({ post, rows, rewritePolicy, dbPath }) => {
    const headers = { "mcp-session-id": "s1" };
    const send = async (body: unknown, headers: Record<string, string>) =>
      void await (await post(body, headers)).text();
    const work = async (headers: Record<string, string>) => {
      for (const tool of ["few", "count", "count", "write", "name", "few"]) {
        await send(call(1, tool), headers);
      }
      await send(request(1, "tools/list"), headers);
      await send(call(1, "write"), headers);
    };
    await send(INITIALIZE, {});
    await work(headers);
    await work(MODERN);
    await rewritePolicy(policyOf(3));
    await work(headers);
    const decisions = (await rows()).map(({ policy_decision }) => policy_decision);
    assert.ok(
      ["rate_limit:few", "deny:third", "deny:writes", "deny:ada"].every((decision) =>
        decisions.includes(decision)
      ),
      decisions.join(),
    );
    const calls = await replayed(dbPath, null);
    assert.equal(calls.length, 21);
    assert.deepEqual(
      calls.filter(({ difference, isExact }) => difference !== "same" || !isExact),
      [],
    );
    assert.deepEqual(calls.map(({ before }) => wordOf(before)), decisions);
    const other = await replayed(dbPath, policyOf(100));
    assert.deepEqual(
      [
        ...new Set(
          other.filter(({ difference }) => difference !== "same").map(({ before }) =>
            wordOf(before)
          ),
        ),
      ],
      ["rate_limit:few"],
    );
  }));

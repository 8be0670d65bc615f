import assert from "node:assert/strict";
import { ended, startedCall } from "../audit/support.ts";
import { withDashboard } from "./harness.ts";

/** What an agent or a server may say, in the hope that somebody shows it as it is. */
const EVIL = `</script><img src=x onerror=alert(1)>"'\u001b[2J\u202e=cmd|'x'!A1`;

/** A call that has it in every field. */
const evilCall = () =>
  ended(
    startedCall({
      id: "evil",
      tool: EVIL,
      method: EVIL,
      requestId: EVIL,
      policyHit: EVIL,
      detail: EVIL,
      client: { agentName: EVIL, agentVersion: EVIL, protocolVersion: EVIL },
      argumentsText: JSON.stringify({ [EVIL]: EVIL }),
      shadowHits: [EVIL],
      startedAt: Date.now(),
    }),
    "denied",
    JSON.stringify({ content: [{ type: "text", text: EVIL }] }),
  );

const TYPES: Readonly<Record<string, RegExp>> = {
  "/api/invocations": /^application\/json/,
  "/api/invocations/evil": /^application\/json/,
  "/api/invocations?format=jsonl": /^application\/x-ndjson/,
  "/api/invocations?format=csv": /^text\/csv/,
  "/api/overview": /^application\/json/,
  "/api/tools": /^application\/json/,
  "/api/tools?by=agent": /^application\/json/,
  "/api/violations": /^application\/json/,
  "/api/sessions": /^application\/json/,
  "/api/gateways": /^application\/json/,
  "/metrics": /^text\/plain/,
};

Deno.test("markup, escapes and formulas in every field come back as text", () =>
  withDashboard({}, async ({ get, insert }) => {
    insert(evilCall());
    for (const [path, type] of Object.entries(TYPES)) {
      const response = await get(path), { headers } = response, text = await response.text();
      assert.match(headers.get("content-type")!, type, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.match(headers.get("content-security-policy")!, /default-src 'none'/, path);
      // Escapes for a terminal are spelled out in whatever is read in one.
      if (path !== "/metrics") assert.ok(!text.includes("\u001b"), path);
    }
  }));

Deno.test("nothing of what was injected is lost or changed", () =>
  withDashboard({}, async ({ json, insert, listen }) => {
    const listener = await listen();
    insert(evilCall());
    await listener.has(1);
    for (const row of [await json("/api/invocations/evil"), listener.frames[0]]) {
      assert.deepEqual(
        [row.tool_name, row.agent_id, row.policy_hit, row.detail, row.method],
        [EVIL, EVIL, EVIL, EVIL, EVIL],
      );
      assert.deepEqual(row.arguments, { [EVIL]: EVIL });
    }
    assert.equal((await json("/api/tools"))[0].tool_name, EVIL);
    assert.equal((await json("/api/violations"))[0].rule, EVIL);
    assert.equal((await json("/api/tools?by=agent"))[0].agent_id, EVIL);
    const found = await json(`/api/invocations?${new URLSearchParams({ tool: EVIL })}`);
    assert.equal(found.length, 1);
  }));

Deno.test("what is wrong with a request is said as text, too", () =>
  withDashboard({}, async ({ get, address }) => {
    const words = new URLSearchParams({ [EVIL]: EVIL });
    for (
      const path of [
        `/api/invocations?${words}`,
        `/api/overview?${new URLSearchParams({ span: EVIL })}`,
        `/api/${encodeURIComponent(EVIL)}`,
        `/assets/${encodeURIComponent(EVIL)}`,
        `/${encodeURIComponent(EVIL)}`,
        "/assets/__proto__",
        "/assets/constructor",
      ]
    ) {
      const response = await get(path), text = await response.text();
      assert.ok(response.status === 400 || response.status === 404, path);
      assert.match(response.headers.get("content-type")!, /^application\/json/, path);
      assert.ok("error" in JSON.parse(text));
    }
    const token = encodeURIComponent(EVIL);
    const response = await fetch(`${address}/api/ws/live?token=${token}`);
    assert.match(response.headers.get("content-type")!, /^text\/plain/);
    assert.ok(!(await response.text()).includes("onerror"));
  }));

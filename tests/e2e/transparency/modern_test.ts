import assert from "node:assert/strict";
import { type AgentV2, connectV2 } from "./client_v2.ts";
import { assertTransparent, type Scenario, script, type Step } from "./compare.ts";
import { gatewayTest } from "../transports.ts";

function call(name: string, args: Record<string, unknown> = {}, title = name): Step<AgentV2> {
  return { name: title, run: (agent) => agent.callTool(name, args) };
}

const STEPS: readonly Step<AgentV2>[] = [
  { name: "facts", run: (agent) => agent.facts() },
  { name: "tools/list", run: (agent) => agent.listTools() },
  call("echo", { text: "Grüße \u2028 \u{1f600}" }),
  call("echo", { text: 7 }, "an argument of the wrong type"),
  { ...call("nothing", {}, "a tool that does not exist"), fails: true },
  call("add", { a: 1, b: 2 }),
  call("fail"),
  call("envelope"),
  {
    name: "_meta of the caller's own",
    run: (agent) =>
      agent.callTool("echo", { text: "traced" }, {
        meta: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
      }),
  },
  {
    name: "progress",
    run: async (agent) => {
      // The clients lose a progress that comes in one chunk with the answer: so that waits.
      const progress: unknown[] = [], proceeded: Promise<unknown>[] = [];
      const answer = await agent.callTool("count", { to: 3 }, {
        onprogress: (step) => {
          progress.push(step);
          proceeded.push(agent.callTool("proceed", {}));
        },
      });
      return { answer, progress, proceeded: await Promise.all(proceeded) };
    },
  },
  {
    name: "cancellation",
    fails: true,
    run: (agent) => {
      const controller = new AbortController();
      return agent.callTool("wait", {}, {
        signal: controller.signal,
        onprogress: () => controller.abort("enough"),
      });
    },
  },
  {
    name: "a log message",
    run: async (agent) => {
      const meta = { "io.modelcontextprotocol/logLevel": "debug" };
      await agent.callTool("log", {}, { meta });
      return agent.inbox.next("notifications/message");
    },
  },
  call("ask", {}, "input_required: a form"),
  call("interview", {}, "input_required: a sample and the roots"),
  { name: "resources/list", run: (agent) => agent.listResources() },
  { name: "resources/read", run: (agent) => agent.readResource("note://one") },
  { name: "resources/read: none", fails: true, run: (agent) => agent.readResource("note://two") },
  { name: "prompts/list", run: (agent) => agent.listPrompts() },
  { name: "prompts/get", run: (agent) => agent.getPrompt("greet", { text: "Zoë" }) },
  {
    name: "subscriptions/listen",
    run: async ({ client, inbox }) => {
      const subscription = await client.listen({
        resourcesListChanged: true,
        resourceSubscriptions: ["note://one"],
      });
      const answer = await client.callTool({ name: "touch", arguments: {} });
      const heard = [
        await inbox.next("notifications/resources/updated"),
        await inbox.next("notifications/resources/list_changed"),
      ];
      await subscription.close();
      return { answer, heard, honoured: subscription.honoredFilter };
    },
  },
  call("echo", { text: "after it all" }),
];

const modern: Scenario<AgentV2> = {
  server: () => script("modern_server.ts"),
  roots: true,
  steps: STEPS,
  outcomes: ["cancelled", "error", "ok", "tool_error"],
};

gatewayTest("a 2026-07-28 server answers the v2 client alike through the gateway", async () => {
  const rows = await assertTransparent(modern, (setup) => connectV2(setup, "auto"));
  assert.deepEqual([...new Set(rows.map((row) => row.protocol_version))], ["2026-07-28"]);
  // Each round of input_required is a call of its own.
  assert.equal(rows.filter((row) => row.tool_name === "ask").length, 2);
  assert.equal(rows.filter((row) => row.tool_name === "interview").length, 2);
});

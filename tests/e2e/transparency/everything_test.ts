import type { Agent } from "./agent.ts";
import { connectV1 } from "./client_v1.ts";
import { connectV2 } from "./client_v2.ts";
import { assertTransparent, npmServer, type Scenario, type Step } from "./compare.ts";
import { gatewayTest } from "../transports.ts";

/** A step that is no more than one call. */
function call(name: string, args: Record<string, unknown> = {}, title = name): Step<Agent> {
  return { name: title, run: (agent) => agent.callTool(name, args) };
}

const TEXT = "demo://resource/dynamic/text/1";

const STEPS: readonly Step<Agent>[] = [
  // 350 ms after its start the server asks for the roots; before that, nothing else may be asked.
  {
    name: "roots: asked",
    run: ({ inbox }) => inbox.next("notifications/message", "Roots updated"),
  },
  { name: "facts", run: (agent) => agent.facts() },
  { name: "ping", run: (agent) => agent.ping() },
  { name: "tools/list", run: (agent) => agent.listTools() },
  { name: "logging/setLevel", run: (agent) => agent.setLevel("debug") },

  call("echo", { message: 'Grüße \u2028 \u{1f600} \\ "quoted" \u0000 </script>' }),
  call("echo", { message: 7 }, "echo: an argument of the wrong type"),
  call("echo", { message: "x".repeat(70_000) }, "echo: more than a pipe holds"),
  call("no-such-tool", {}, "a tool that does not exist"),
  call("get-annotated-message", { messageType: "error", includeImage: true }),
  {
    name: "get-env",
    run: async (agent) => {
      const { content: [text] } = await agent.callTool("get-env", {}) as {
        content: [{ text: string }];
      };
      return JSON.parse(text.text); // Deno hands the variables on in no order
    },
  },
  call("get-resource-links", { count: 4 }),
  call("get-resource-reference", { resourceType: "Blob", resourceId: 3 }),
  call("get-resource-reference", { resourceType: "Blob", resourceId: 0.5 }, "no such reference"),
  call("get-structured-content", { location: "Chicago" }),
  call("get-sum", { a: 9007199254740991, b: 0.1 }),
  call("get-tiny-image"),
  call("gzip-file-as-resource", { name: "a.gz", data: "data:text/plain,abc" }),
  { name: "the zipped file", run: (agent) => agent.readResource("demo://resource/session/a.gz") },

  { name: "resources/list", run: (agent) => agent.listResources() },
  { name: "resources/templates/list", run: (agent) => agent.listResourceTemplates() },
  { name: "resources/read", run: (agent) => agent.readResource(TEXT) },
  {
    name: "resources/read: a file",
    run: (agent) => agent.readResource("demo://resource/static/document/features.md"),
  },
  {
    name: "resources/read: a blob",
    run: (agent) => agent.readResource("demo://resource/dynamic/blob/2"),
  },
  {
    name: "resources/read: none",
    fails: true,
    run: (agent) => agent.readResource("demo://resource/nowhere"),
  },
  { name: "resources/subscribe", run: (agent) => agent.subscribe(TEXT) },
  call("toggle-subscriber-updates"),
  { name: "an update", run: ({ inbox }) => inbox.next("notifications/resources/updated") },
  call("toggle-subscriber-updates", {}, "no more updates"),
  { name: "resources/unsubscribe", run: (agent) => agent.unsubscribe(TEXT) },
  call("toggle-simulated-logging"),
  { name: "a log message", run: ({ inbox }) => inbox.next("notifications/message", "essage") },
  call("toggle-simulated-logging", {}, "no more logging"),

  { name: "prompts/list", run: (agent) => agent.listPrompts() },
  { name: "prompts/get", run: (agent) => agent.getPrompt("simple-prompt") },
  {
    name: "prompts/get: arguments",
    run: (agent) => agent.getPrompt("args-prompt", { city: "Zürich", state: "ZH" }),
  },
  {
    name: "prompts/get: a resource",
    run: (agent) => agent.getPrompt("resource-prompt", { resourceType: "Text", resourceId: "5" }),
  },
  {
    name: "prompts/get: an argument is missing",
    fails: true,
    run: (agent) => agent.getPrompt("args-prompt", {}),
  },
  {
    name: "completion/complete: a prompt",
    run: (agent) =>
      agent.complete(
        { type: "ref/prompt", name: "completable-prompt" },
        { name: "name", value: "A" },
        { department: "Engineering" },
      ),
  },
  {
    name: "completion/complete: a resource",
    run: (agent) =>
      agent.complete(
        { type: "ref/resource", uri: "demo://resource/dynamic/text/{resourceId}" },
        { name: "resourceId", value: "12" },
      ),
  },

  call("get-roots-list"),
  {
    name: "roots: changed",
    run: async (agent) => {
      await agent.rootsChanged();
      return agent.inbox.next("notifications/message", "Roots updated");
    },
  },
  call("trigger-sampling-request", { prompt: "Say something", maxTokens: 20 }),
  call("trigger-elicitation-request"),
  call("trigger-url-elicitation", { url: "https://example.com/form", elicitationId: "e-1" }),
  call("trigger-url-elicitation", { url: "https://decline.example/" }, "a URL that is declined"),
  {
    name: "a URL that is required (-32042)",
    fails: true,
    run: (agent) =>
      agent.callTool("trigger-url-elicitation", { url: "https://example.com/", errorPath: true }),
  },

  {
    name: "trigger-long-running-operation",
    run: async (agent) => {
      const progress: unknown[] = [];
      const answer = await agent.callTool(
        "trigger-long-running-operation",
        { duration: 0.6, steps: 3 },
        { onprogress: (step) => progress.push(step) },
      );
      // Both clients lose the last progress when it comes in one chunk with the answer.
      return { answer, progress: progress.slice(0, 2) };
    },
  },
  {
    name: "a call that is cancelled",
    fails: true,
    run: (agent) => {
      const controller = new AbortController();
      return agent.callTool(
        "trigger-long-running-operation",
        { duration: 1, steps: 2 },
        { signal: controller.signal, onprogress: () => controller.abort("enough") },
      );
    },
  },
  { name: "after it all", run: (agent) => agent.callTool("echo", { message: "still here" }) },
];

const TASK_STEPS: readonly Step<Agent>[] = [
  {
    name: "roots: asked",
    run: ({ inbox }) => inbox.next("notifications/message", "Roots updated"),
  },
  { name: "tools/list", run: (agent) => agent.listTools() },
  {
    name: "tasks, side by side",
    run: (agent) =>
      Promise.all([
        research(agent, "bees", false),
        research(agent, "python", true),
        cancelledResearch(agent),
        begunResearch(agent, { topic: "nobody asks for its result" }),
      ]),
  },
  { name: "tasks/list", run: async (agent) => (await agent.request("tasks/list", {}))["tasks"] },
  {
    name: "tasks/get: no such task",
    fails: true,
    run: (agent) => agent.request("tasks/get", { taskId: "none" }),
  },
  {
    name: "a task that was not asked for",
    run: (agent) =>
      agent.request("tools/call", { name: "simulate-research-query", arguments: { topic: 1 } }),
  },
];

/** Begins a task; its answer holds no result yet. */
async function begunResearch(
  agent: Agent,
  args: Record<string, unknown>,
): Promise<{ taskId: string }> {
  const { task } = await agent.request("tools/call", {
    name: "simulate-research-query",
    arguments: args,
    task: { ttl: 60_000 },
  });
  return task as { taskId: string };
}

/** Begins a task, and blocks on its result; a question of the server comes while it does. */
async function research(agent: Agent, topic: string, ambiguous: boolean): Promise<unknown> {
  const task = await begunResearch(agent, { topic, ambiguous });
  const { taskId } = task;
  const state = await agent.request("tasks/get", { taskId });
  const result = await agent.request("tasks/result", { taskId });
  return { task, state, result, end: await agent.request("tasks/get", { taskId }) };
}

async function cancelledResearch(agent: Agent): Promise<unknown> {
  const { taskId } = await begunResearch(agent, { topic: "never" });
  return agent.request("tasks/cancel", { taskId });
}

/** Tasks in the other direction: the server asks, the client makes a task of it. */
const ASYNC_TOOLS: Step<Agent> = {
  name: "tasks of the client, side by side",
  run: (agent) =>
    Promise.all([
      agent.callTool("trigger-sampling-request-async", { prompt: "Later" }),
      agent.callTool("trigger-elicitation-request-async", {}),
    ]),
};

const everything: Scenario<Agent> = {
  server: () => npmServer("everything", "stdio"),
  roots: true,
  steps: STEPS,
  outcomes: ["cancelled", "error", "ok", "tool_error"],
  uncalled: ["simulate-research-query"],
};

const tasks: Scenario<Agent> = {
  ...everything,
  steps: TASK_STEPS,
  outcomes: ["cancelled", "ok", "task", "tool_error"],
  uncalled: "any",
};

gatewayTest("server-everything answers the v1 client alike through the gateway", async () => {
  const uncalled = ["trigger-sampling-request-async", "trigger-elicitation-request-async"];
  await assertTransparent({
    ...everything,
    uncalled: [...everything.uncalled!, ...uncalled],
  }, connectV1);
});

gatewayTest("server-everything answers the v2 client alike through the gateway", async () => {
  await assertTransparent(everything, connectV2);
});

// The server waits for nothing but time here, so both clients may as well do it at once.
gatewayTest("tasks are the same through the gateway, in both directions", async () => {
  await Promise.all([
    assertTransparent({ ...tasks, steps: [...TASK_STEPS, ASYNC_TOOLS] }, connectV1),
    assertTransparent(tasks, connectV2),
  ]);
});

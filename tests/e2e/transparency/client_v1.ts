/** `@modelcontextprotocol/sdk`, the v1 client. */

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js";
import {
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import {
  type Agent,
  CLIENT_INFO,
  collect,
  elicit,
  type Heard,
  Inbox,
  rootsOf,
  sample,
  type Setup,
} from "./agent.ts";

/** What the task handlers use of a request; the types of the package do not reach Deno whole. */
interface Asked {
  readonly params: { message: string; url?: string; task?: unknown };
}
interface Extra {
  readonly taskStore: {
    createTask(params: { pollInterval: number }): Promise<{ taskId: string }>;
    storeTaskResult(id: string, status: "completed", result: unknown): Promise<void>;
  };
}

/** Connects a v1 client that can be asked for samples, forms and roots, also as tasks. */
export async function connectV1({ command: [command, ...args], env, root }: Setup): Promise<Agent> {
  const taskStore = new InMemoryTaskStore();
  const client = new Client(CLIENT_INFO, {
    taskStore,
    capabilities: {
      ...(root === undefined ? {} : { roots: { listChanged: true } }),
      sampling: {},
      elicitation: { form: {}, url: {} },
      tasks: { requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
    },
  });
  const answer =
    (how: (params: Asked["params"]) => unknown) => async (request: Asked, { taskStore }: Extra) => {
      if (request.params.task === undefined) return how(request.params);
      const task = { ...await taskStore.createTask({ pollInterval: 10 }) }; // still at work
      await taskStore.storeTaskResult(task.taskId, "completed", how(request.params));
      return { task };
    };
  client.setRequestHandler(CreateMessageRequestSchema, answer(sample));
  client.setRequestHandler(ElicitRequestSchema, answer(elicit));
  if (root !== undefined) {
    client.setRequestHandler(ListRootsRequestSchema, () => rootsOf(root));
  }
  const inbox = new Inbox();
  client.fallbackNotificationHandler = ({ method, params }: Heard) =>
    Promise.resolve(inbox.add({ method, params }));
  const transport = new StdioClientTransport({ command, args, env: { ...env }, stderr: "pipe" });
  const stderr = collect(transport.stderr);
  await client.connect(transport);
  const pid = transport.pid!;
  return {
    inbox,
    pid,
    stderr,
    facts: () => [
      client.getServerVersion(),
      client.getServerCapabilities(),
      client.getInstructions(),
    ],
    callTool: (name, args, { meta, ...options } = {}) =>
      client.callTool(
        { name, arguments: args, ...(meta ? { _meta: meta } : {}) },
        CallToolResultSchema,
        options,
      ),
    listTools: () => client.listTools(),
    listResources: () => client.listResources(),
    listResourceTemplates: () => client.listResourceTemplates(),
    readResource: (uri) => client.readResource({ uri }),
    subscribe: (uri) => client.subscribeResource({ uri }),
    unsubscribe: (uri) => client.unsubscribeResource({ uri }),
    listPrompts: () => client.listPrompts(),
    getPrompt: (name, args) => client.getPrompt({ name, ...(args ? { arguments: args } : {}) }),
    complete: (ref, argument, context) =>
      client.complete({ ref, argument, ...(context ? { context: { arguments: context } } : {}) }),
    setLevel: (level) => client.setLoggingLevel(level),
    ping: () => client.ping(),
    rootsChanged: () => client.sendRootsListChanged(),
    request: (method, params) => client.request({ method, params }, ResultSchema),
    close: () => client.close(),
  };
}

/** `@modelcontextprotocol/client`, the v2 client, in both protocol eras. */

import { Client, type VersionNegotiationMode } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import {
  type Agent,
  CLIENT_INFO,
  collect,
  elicit,
  Inbox,
  rootsOf,
  sample,
  type Setup,
} from "./agent.ts";

/** Takes any result as it is. */
const ANYTHING = {
  "~standard": {
    version: 1 as const,
    vendor: "agentgate-tests",
    validate: (value: unknown) => ({ value: value as Record<string, unknown> }),
  },
};

/** The v2 client, and what only it can do. */
export interface AgentV2 extends Agent {
  readonly client: Client;
}

/** Connects a v2 client that can be asked for samples, forms and roots. */
export async function connectV2(
  { command: [command, ...args], env, root }: Setup,
  mode: VersionNegotiationMode = "legacy",
): Promise<AgentV2> {
  const client = new Client(CLIENT_INFO, {
    versionNegotiation: { mode },
    capabilities: {
      ...(root === undefined ? {} : { roots: { listChanged: true } }),
      sampling: {},
      elicitation: { form: {}, url: {} },
    },
  });
  client.setRequestHandler("sampling/createMessage", ({ params }) => sample(params));
  client.setRequestHandler("elicitation/create", ({ params }) => elicit(params));
  if (root !== undefined) client.setRequestHandler("roots/list", () => rootsOf(root));
  const inbox = new Inbox();
  client.fallbackNotificationHandler = ({ method, params }) =>
    Promise.resolve(inbox.add({ method, params }));
  const transport = new StdioClientTransport({ command, args, env: { ...env }, stderr: "pipe" });
  const stderr = collect(transport.stderr);
  await client.connect(transport);
  const pid = transport.pid!;
  return {
    client,
    inbox,
    pid,
    stderr,
    facts: () => [
      client.getServerVersion(),
      client.getServerCapabilities(),
      client.getInstructions(),
      client.getNegotiatedProtocolVersion(),
    ],
    callTool: (name, args, { meta, ...options } = {}) =>
      client.callTool({ name, arguments: args, ...(meta ? { _meta: meta } : {}) }, options),
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
    request: async (method, params) =>
      await client.request({ method, params }, ANYTHING) as Record<string, unknown>,
    close: () => client.close(),
  };
}

/**
 * A server that speaks MCP 2026-07-28 on stdio, and the older versions with whoever begins with
 * `initialize`; made with the official v2 SDK.
 */

import {
  fromJsonSchema,
  inputRequired,
  inputResponse,
  McpServer,
} from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";

type Properties = Record<string, { type: "string" | "number" }>;

function object<T>(properties: Properties) {
  return fromJsonSchema<T>({ type: "object", properties, required: Object.keys(properties) });
}

function say(value: unknown): { content: { type: "text"; text: string }[] } {
  return { content: [{ type: "text", text: JSON.stringify(value) }] };
}

/** Lets the tool `count` go on. */
let proceed = () => {};

serveStdio(() => {
  const server = new McpServer({ name: "modern", version: "1.0.0" }, {
    capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } },
    instructions: "For tests.",
  });
  const text = object<{ text: string }>({ text: { type: "string" } });

  server.registerTool("echo", { inputSchema: text }, ({ text }) => say(text));
  server.registerTool("add", {
    inputSchema: object<{ a: number; b: number }>({ a: { type: "number" }, b: { type: "number" } }),
    outputSchema: object<{ sum: number }>({ sum: { type: "number" } }),
  }, ({ a, b }) => ({ ...say(a + b), structuredContent: { sum: a + b } }));
  server.registerTool("fail", {}, () => {
    throw new Error("it is broken");
  });
  server.registerTool("envelope", {}, (context) => say(context.mcpReq.envelope));
  server.registerTool("count", {
    inputSchema: object<{ to: number }>({ to: { type: "number" } }),
  }, async ({ to }, { mcpReq }) => {
    for (let progress = 1; progress <= to; progress++) {
      const proceeded = new Promise<void>((resolve) => proceed = resolve);
      await mcpReq.notify({
        method: "notifications/progress",
        params: {
          progressToken: mcpReq._meta!.progressToken!,
          progress,
          message: `${progress} of ${to}`,
        },
      });
      await proceeded;
    }
    return say("counted");
  });
  server.registerTool("proceed", {}, () => {
    proceed();
    return say("proceeding");
  });
  server.registerTool("wait", {}, async ({ mcpReq }) => {
    await mcpReq.notify({
      method: "notifications/progress",
      params: { progressToken: mcpReq._meta!.progressToken!, progress: 0 },
    });
    await new Promise((aborted) => mcpReq.signal.addEventListener("abort", aborted));
    return say("nobody hears this");
  });
  server.registerTool("log", {}, async ({ mcpReq }) => {
    await mcpReq.log("warning", { of: "interest" }, "modern");
    return say("logged");
  });
  server.registerTool("ask", {}, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, "name");
    if (answer.kind !== "missing") return say({ answer, state: mcpReq.requestState() });
    return inputRequired({
      requestState: 'opaque/+== "state" \u{1f600}',
      inputRequests: {
        name: inputRequired.elicit({
          message: "Who are you?",
          requestedSchema: { type: "object", properties: { name: { type: "string" } } },
        }),
      },
    });
  });
  server.registerTool("interview", {}, ({ mcpReq }) => {
    const opinion = inputResponse(mcpReq.inputResponses, "opinion");
    const roots = inputResponse(mcpReq.inputResponses, "roots");
    if (opinion.kind !== "missing") return say({ opinion, roots });
    return inputRequired({
      inputRequests: {
        opinion: inputRequired.createMessage({
          messages: [{ role: "user", content: { type: "text", text: "What do you think?" } }],
          maxTokens: 10,
        }),
        roots: inputRequired.listRoots(),
      },
    });
  });

  const note = server.registerResource("note", "note://one", { mimeType: "text/plain" }, (uri) => ({
    contents: [{ uri: uri.href, text: "a note" }],
  }));
  server.registerTool("touch", {}, async () => {
    await server.server.sendResourceUpdated({ uri: "note://one" });
    note.update({ title: "touched" }); // resources/list_changed
    return say("touched");
  });
  server.registerPrompt("greet", { argsSchema: text }, ({ text }) => ({
    messages: [{ role: "user", content: { type: "text", text: `Greet ${text}` } }],
  }));
  return server;
});

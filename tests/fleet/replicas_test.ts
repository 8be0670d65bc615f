/** Two replicas of `serve` behind a load balancer. */

import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CreateMessageRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { readRows } from "../e2e/gateway.ts";
import { progressTold, withEverything, withFolder } from "../e2e/remote.ts";
import { HAS_HAPROXY, withTwoReplicas } from "./haproxy.ts";

const ignore = !HAS_HAPROXY;

/** The rows of each replica's log, once they are so many together: they are written a moment later. */
// deno-lint-ignore no-explicit-any
async function rowsOf(databases: readonly string[], count: number): Promise<any[][]> {
  for (;;) {
    const rows = databases.map(readRows);
    const all = rows.reduce((sum, { length }) => sum + length, 0);
    assert.ok(all <= count, `${all} rows`);
    if (all === count) return rows;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test({
  name: "any replica takes any message of a session, without stickiness: calls, progress, sampling",
  ignore,
  fn: () =>
    withFolder((folder) =>
      withEverything(
        "streamableHttp",
        folder,
        (upstream) =>
          withTwoReplicas(
            { upstream, folder, balance: "balance roundrobin" },
            async (origin, databases) => {
              const client = new Client({ name: "c", version: "1" }, {
                capabilities: { sampling: {} },
              });
              let asked = 0;
              client.setRequestHandler(CreateMessageRequestSchema, () => {
                asked++;
                return {
                  model: "m",
                  role: "assistant",
                  content: { type: "text", text: "sampled" },
                };
              });
              await client.connect(
                new StreamableHTTPClientTransport(new URL(`${origin}/mcp`)) as never,
              );
              for (let i = 0; i < 10; i++) {
                const echo = { name: "echo", arguments: { message: `m${i}` } };
                const { content } = await client.callTool(echo);
                assert.deepEqual(content, [{ type: "text", text: `Echo: m${i}` }]);
              }
              assert.ok(await progressTold(client) > 0);
              // The server's question comes by one replica, and the answer goes by another.
              for (let i = 0; i < 3; i++) {
                const sampling = { prompt: "p", maxTokens: 5 };
                const tool = { name: "trigger-sampling-request", arguments: sampling };
                assert.match(JSON.stringify(await client.callTool(tool)), /sampled/);
              }
              assert.equal(asked, 3);
              await client.close();
              const counts = databases.map((path) => readRows(path).length);
              assert.equal(counts[0]! + counts[1]!, 14);
              assert.ok(Math.min(...counts) > 2, `${counts}`);
            },
          ),
      )
    ),
});

Deno.test({
  name: "with the README's balance, a session of Streamable HTTP stays on one replica",
  ignore,
  fn: () =>
    withFolder((folder) =>
      withEverything("streamableHttp", folder, (upstream) => {
        const balance = "balance hdr(Mcp-Session-Id)\n  hash-type consistent";
        return withTwoReplicas({ upstream, folder, balance }, async (origin, databases) => {
          for (let i = 0; i < 6; i++) {
            const client = new Client({ name: `c${i}`, version: "1" });
            const url = new URL(`${origin}/mcp`);
            await client.connect(new StreamableHTTPClientTransport(url) as never);
            for (let n = 0; n < 4; n++) {
              await client.callTool({ name: "echo", arguments: { message: `of ${i}` } });
            }
            await client.close();
          }
          const [one, other] = (await rowsOf(databases, 24)).map((rows) =>
            new Set(rows.map(({ arguments: given }) => String(given)))
          );
          assert.equal(one!.size + other!.size, 6);
        });
      })
    ),
});

Deno.test({
  name: "with the README's balance, a stream of the older HTTP with SSE has its messages beside it",
  ignore,
  fn: () =>
    withFolder((folder) =>
      withEverything("sse", folder, (upstream) => {
        const balance = "balance hdr(Authorization)\n  hash-type consistent";
        const given = { upstream: new URL(upstream).origin, folder, balance };
        return withTwoReplicas({ ...given, transport: "sse" }, async (origin) => {
          for (let i = 0; i < 2; i++) {
            const client = new Client({ name: `c${i}`, version: "1" });
            const headers = { authorization: `Bearer agent-${i}` };
            const transport = new SSEClientTransport(new URL(`${origin}/sse`), {
              requestInit: { headers },
              fetch: (url: string | URL, init?: RequestInit) => {
                const all = new Headers(init?.headers);
                all.set("authorization", headers.authorization);
                return fetch(url, { ...init, headers: all });
              },
            });
            await client.connect(transport as never);
            for (let n = 0; n < 3; n++) {
              await client.callTool({ name: "echo", arguments: { message: `${i}` } });
            }
            await client.close();
          }
        });
      })
    ),
});

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import assert from "node:assert/strict";
import { join } from "node:path";
import { json, request, result, Stream, withHttp } from "../gateway/http/fixture.ts";
import { PROJECT, readRows, withWrap } from "./gateway.ts";
import { denoDir } from "./machine.ts";
import { withEverything, withFolder } from "./remote.ts";

const POLICY = `[[rules]]\nid = "no-env"\ntool = "get-env"\naction = "deny"\n`;

/** A wrap of a remote server. */
const remote = (url: string, ...options: string[]) => ({
  options: ["--upstream", url, ...options],
  isRemote: true,
});

Deno.test("agentgate wrap --upstream: an agent that starts servers on stdio reaches a remote one", () =>
  withFolder((home) =>
    withEverything("streamableHttp", home, async (upstream) => {
      const policy = join(home, "policy.toml"), db = join(home, "logs.db");
      await Deno.writeTextFile(policy, POLICY);
      const client = new Client({ name: "stdio-only", version: "1" }, {
        capabilities: { sampling: {} },
      });
      const { CreateMessageRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
      client.setRequestHandler(CreateMessageRequestSchema, () => ({
        model: "m",
        role: "assistant",
        content: { type: "text", text: "sampled" },
      }));
      const transport = new StdioClientTransport({
        command: Deno.execPath(),
        args: [
          ...[
            "run",
            "-A",
            "--quiet",
            join(PROJECT, "main.ts"),
            "wrap",
            "--db",
            db,
            "--dashboard-port",
            "0",
          ],
          ...["--policy", policy, "--upstream", upstream],
        ],
        env: { HOME: home, PATH: Deno.env.get("PATH") ?? "", DENO_DIR: await denoDir() },
        stderr: "pipe",
      });
      await client.connect(transport);
      const { tools } = await client.listTools();
      assert.ok(tools.some(({ name }: { name: string }) => name === "echo"));
      const echo = await client.callTool({ name: "echo", arguments: { message: "hi" } });
      assert.equal((echo.content as { text: string }[])[0]!.text, "Echo: hi");
      await assert.rejects(client.callTool({ name: "get-env", arguments: {} }), /no-env/);
      const sampled = await client.callTool({
        name: "trigger-sampling-request",
        arguments: { prompt: "p" },
      });
      assert.match(JSON.stringify(sampled), /sampled/);
      const pid = transport.pid!;
      await client.close();
      // The client waits for the program to end by itself.
      assert.throws(() => Deno.kill(pid, "SIGCONT"));
      assert.deepEqual(readRows(db).map(({ tool_name, outcome }) => `${tool_name} ${outcome}`), [
        "echo ok",
        "get-env denied",
        "trigger-sampling-request ok",
      ]);
    })
  ));

Deno.test("agentgate wrap --upstream sends what HTTP needs: session, version, mirrored headers, ours", () =>
  withHttp({
    upstream: ({ method, body }) => {
      if (method !== "POST") return new Response(null, { status: method === "GET" ? 405 : 200 });
      const { id, method: asked } = JSON.parse(body);
      if (id === undefined) return new Response(null, { status: 202 });
      if (asked === "initialize") {
        return json({ jsonrpc: "2.0", id, result: { protocolVersion: "2025-11-25" } }, {
          headers: { "mcp-session-id": "s1" },
        });
      }
      const properties = { a: { type: "string", "x-mcp-header": "A" } };
      return json(
        asked === "tools/list"
          ? { jsonrpc: "2.0", id, result: { tools: [{ name: "t", inputSchema: { properties } }] } }
          : result(id),
      );
    },
  }, ({ url, seen }) =>
    withWrap([], {
      ...remote(url, "--header", "authorization: Bearer ${TOKEN}"),
      env: { TOKEN: "of-the-operator" },
    }, async (wrap) => {
      await wrap.send(request(1, "initialize"));
      await wrap.next();
      await wrap.send({ jsonrpc: "2.0", method: "notifications/initialized" }, request(2, "ping"));
      await wrap.next();
      const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
      await wrap.send(request(3, "tools/list", { _meta }));
      await wrap.next();
      await wrap.send(request(4, "tools/call", { name: "t", arguments: { a: "é" }, _meta }));
      assert.deepEqual(await wrap.next(), result(4));
      await wrap.closeInput();
      assert.equal((await wrap.child.status).code, 0);
      const at = (text: string) => seen.find(({ body }) => body.includes(text))!.headers;
      assert.equal(at("initialize").get("mcp-session-id"), null);
      assert.equal(at("ping").get("mcp-session-id"), "s1");
      assert.equal(at("ping").get("mcp-protocol-version"), "2025-11-25");
      assert.ok(
        seen.every(({ headers }) => headers.get("authorization") === "Bearer of-the-operator"),
      );
      assert.deepEqual(
        ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-param-a"].map((name) =>
          at("tools/call").get(name)
        ),
        ["2026-07-28", "tools/call", "t", "=?base64?w6k=?="],
      );
      assert.equal(seen.at(-1)!.method, "DELETE");
      assert.ok(!wrap.stderr().includes("of-the-operator"));
    })));

Deno.test("agentgate wrap --upstream goes on behind the last event when a stream breaks off", () => {
  const first = new Stream(), second = new Stream();
  return withHttp({
    upstream: ({ method, headers }) =>
      method === "POST"
        ? first.response
        : headers.get("last-event-id") === "7"
        ? second.response
        : new Response(null, { status: 405 }),
  }, ({ url }) =>
    withWrap([], remote(url), async (wrap) => {
      await wrap.send(request(1, "tools/call", { name: "a", arguments: {} }));
      first.write("retry: 10\nid: 7\ndata:\n\n");
      first.end();
      second.send(result(1, "late"));
      assert.match(JSON.stringify(await wrap.next()), /late/);
      await wrap.closeInput();
      await wrap.child.status;
      assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), ["ok"]);
    }));
});

Deno.test("agentgate wrap --upstream tells the agent what is wrong with the server", async () => {
  for (
    const [answer, words] of [
      [() => new Response(null, { status: 401 }), /wants authorization \(HTTP 401\).*--header/],
      [() => new Response("no", { status: 500 }), /HTTP 500/],
      [
        () => json({ jsonrpc: "2.0", id: 1, error: { code: -1, message: "own words" } }),
        /own words/,
      ],
    ] as const
  ) {
    await withHttp(
      { upstream: answer },
      ({ url }) =>
        withWrap([], remote(url), async (wrap) => {
          await wrap.send(request(1, "tools/call", { name: "a", arguments: {} }));
          assert.match((await wrap.next()).error.message, words);
          await wrap.closeInput();
          await wrap.child.status;
          assert.deepEqual(wrap.rows().map(({ outcome }) => outcome), ["error"]);
        }),
    );
  }
  await withWrap([], remote("http://127.0.0.1:1/"), async (wrap) => {
    await wrap.send(request(1, "tools/call", { name: "a", arguments: {} }));
    assert.match((await wrap.next()).error.message, /Nothing was executed.*connection refused/);
    await wrap.closeInput();
    await wrap.child.status;
  });
});

Deno.test("agentgate wrap refuses a command and --upstream together, and a header without its variable", async () => {
  for (
    const [options, command, words] of [
      [["--upstream", "http://127.0.0.1:1/"], ["true"], /not both/],
      [["--upstream", "ftp://127.0.0.1/"], [], /https:\/\/example.com\/mcp/],
      [
        ["--upstream", "http://127.0.0.1:1/", "--header", "a: ${NOT_SET}"],
        [],
        /NOT_SET is not set/,
      ],
      [["--upstream", "http://127.0.0.1:1/", "--header", "no header"], [], /Name: value/],
    ] as const
  ) {
    await withWrap(command, { options, isRemote: true }, async (wrap) => {
      assert.equal((await wrap.child.status).code, 2);
      await wrap.stderrEnded();
      assert.match(wrap.stderr(), words);
    });
  }
});

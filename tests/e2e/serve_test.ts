import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from "@modelcontextprotocol/client";
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "./gateway.ts";
import { childEnv } from "./machine.ts";
import { readRequest } from "../gateway/http/fixture.ts";
import {
  freePort,
  progressTold,
  withEverything,
  withFolder,
  withProgram,
  withServe,
} from "./remote.ts";

const POLICY = `[[rules]]
id = "no-env"
tool = "get-env"
action = "deny"

[[rules]]
id = "numbers"
tool = "*"
action = "redact"
pattern = "secret-[0-9]+"
`;

/** What every client must be able to do, and what it is kept from. */
// deno-lint-ignore no-explicit-any
async function work(client: any, name: string): Promise<void> {
  const { tools } = await client.listTools();
  assert.ok(tools.length > 5);
  assert.ok(!tools.some((tool: { name: string }) => tool.name === "get-env"));
  const echo = await client.callTool({ name: "echo", arguments: { message: `${name} secret-42` } });
  assert.equal(echo.content[0].text, `Echo: ${name} [REDACTED]`);
  await assert.rejects(client.callTool({ name: "get-env", arguments: {} }), /no-env/);
  assert.ok(await progressTold(client) > 0);
}

const outcomes = (rows: readonly { tool_name: string; outcome: string }[]) =>
  rows.map(({ tool_name, outcome }) => `${tool_name} ${outcome}`);

const WORKED = ["echo ok", "get-env denied", "trigger-long-running-operation ok"];

Deno.test("agentgate serve: the official clients over Streamable HTTP, one row a call", () =>
  withFolder((home) =>
    withEverything("streamableHttp", home, async (upstream) => {
      const policy = join(home, "policy.toml");
      await Deno.writeTextFile(policy, POLICY);
      await withServe(
        "http",
        upstream,
        home,
        async ({ url, rows, child, stderr }) => {
          const v1 = new Client({ name: "v1", version: "1" });
          await v1.connect(new StreamableHTTPClientTransport(new URL(url)) as never);
          await work(v1, "v1");
          await v1.close();
          const v2 = new ClientV2({ name: "v2", version: "2" });
          const transport = new HttpV2(new URL(url));
          await v2.connect(transport);
          await work(
            {
              listTools: () => v2.listTools(),
              callTool: (call: never, _schema: undefined, options: object) =>
                v2.callTool(call, options),
            },
            "v2",
          );
          await transport.terminateSession();
          await v2.close();
          child.kill("SIGTERM");
          assert.equal((await child.status).code, 0);
          assert.deepEqual(outcomes(rows()), [...WORKED, ...WORKED]);
          assert.deepEqual([...new Set(rows().map(({ agent_id }) => agent_id))], ["v1", "v2"]);
          assert.doesNotMatch(stderr(), /ERROR|legacy behavior/);
        },
        "--policy",
        policy,
      );
    })
  ));

Deno.test("agentgate serve: two clients on the older HTTP with SSE, never mixed", () =>
  withFolder((home) =>
    withEverything("sse", home, async (upstream) => {
      const policy = join(home, "policy.toml");
      await Deno.writeTextFile(policy, POLICY);
      await withServe(
        "sse",
        new URL(upstream).origin,
        home,
        async ({ url, rows }) => {
          assert.match(url, /\/sse$/);
          const clients = ["one", "two"].map((name) => new Client({ name, version: "1" }));
          for (const client of clients) {
            await client.connect(new SSEClientTransport(new URL(url)) as never);
          }
          // Both clients number their requests alike.
          await Promise.all(clients.map(async (client, i) => {
            for (let n = 0; n < 50; n++) {
              const message = `${i}-${n}`;
              const { content } = await client.callTool({ name: "echo", arguments: { message } });
              assert.equal((content as { text: string }[])[0]!.text, `Echo: ${message}`);
            }
          }));
          await work(clients[0], "one");
          await clients[0]!.close();
          await work(clients[1], "two");
          await clients[1]!.close();
          assert.equal(rows().length, 106);
          assert.deepEqual([...new Set(rows().map(({ session_id }) => session_id))].length, 2);
        },
        "--policy",
        policy,
      );
    })
  ));

Deno.test("agentgate serve goes through the proxy that the environment names, and past it where it says", () =>
  withFolder((home) =>
    withEverything("streamableHttp", home, async (upstream) => {
      const { host } = new URL(upstream), connects: string[] = [];
      await withTunnels((to) => connects.push(to), async (proxy) => {
        for (const env of [{ HTTP_PROXY: proxy }, { HTTP_PROXY: proxy, NO_PROXY: "127.0.0.1" }]) {
          const words = ["--transport", "http", "--upstream", upstream, "--port", "0"];
          const alone = ["--dashboard-port", "0", "--db", join(home, "logs.db")];
          const main = join(PROJECT, "main.ts");
          await withProgram(
            [Deno.execPath(), "run", "-A", "--quiet", main, "serve", ...words, ...alone],
            { HOME: home, ...env },
            /url=(\S+)/,
            async ([, url]) => {
              const client = new Client({ name: "v1", version: "1" });
              await client.connect(new StreamableHTTPClientTransport(new URL(url!)) as never);
              const { content } = await client.callTool({
                name: "echo",
                arguments: { message: "a" },
              });
              assert.equal((content as { text: string }[])[0]!.text, "Echo: a");
              await client.close();
              const isProxied = !("NO_PROXY" in env);
              assert.equal(connects.length > 0 && connects.every((to) => to === host), isProxied);
              connects.length = 0;
            },
          );
        }
      });
    })
  ));

/** A proxy on loopback that makes tunnels (RFC 9110 §9.3.6), and tells where to. */
async function withTunnels(
  onConnect: (to: string) => void,
  use: (proxy: string) => Promise<void>,
): Promise<void> {
  const open = new Set<Deno.TcpConn>();
  const pass = async (from: Deno.TcpConn, to: Deno.TcpConn) => {
    await from.readable.pipeTo(to.writable).catch(() => {});
  };
  const serve = async (agent: Deno.TcpConn) => {
    open.add(agent);
    const head = await readRequest(agent), to = /^CONNECT (\S+)/.exec(head ?? "")![1]!;
    onConnect(to);
    const [hostname, port] = to.split(":");
    const server = await Deno.connect({ hostname: hostname!, port: Number(port) });
    open.add(server);
    await agent.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    await Promise.all([pass(agent, server), pass(server, agent)]);
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }), served: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const agent of listener) served.push(serve(agent).catch(() => {}));
  })();
  try {
    await use(`http://127.0.0.1:${listener.addr.port}`);
  } finally {
    listener.close();
    for (const connection of open) {
      try {
        connection.close();
      } catch {
        // It was closed from the other side.
      }
    }
    await accepting;
    await Promise.all(served);
  }
}

Deno.test("agentgate serve has its dashboard and its metrics before the first call", () =>
  withFolder(async (home) => {
    const dashboard = freePort(), metrics = freePort();
    await withServe(
      "http",
      "http://127.0.0.1:1/mcp",
      home,
      async ({ stderr, stderrHas, url }) => {
        await stderrHas(/signs in by itself[^]*metrics|metrics[^]*signs in by itself/);
        const key = /Dashboard token: (\S+)/.exec(stderr())![1]!;
        const headers = { authorization: `Bearer ${key}` };
        const api = `http://127.0.0.1:${dashboard}/api`;
        assert.deepEqual(await (await fetch(`${api}/invocations`, { headers })).json(), []);
        const body = JSON.stringify({
          ...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
          params: { name: "echo", arguments: {} },
        });
        const accept = "application/json, text/event-stream";
        await (await fetch(url, {
          ...{ method: "POST", body },
          headers: { "content-type": "application/json", accept },
        })).text();
        const counted = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
        assert.match(counted, /agentgate_tool_calls_total\{tool="echo",status="error"\} 1/);
      },
      ...["--dashboard-port", `${dashboard}`, "--metrics-port", `${metrics}`],
    );
  }));

Deno.test("agentgate serve says what is wrong with its options, and listens to nothing", async () => {
  await withFolder(async (home) => {
    const run = async (...words: string[]) => {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--quiet",
          join(PROJECT, "main.ts"),
          "serve",
          "--dashboard-port",
          "0",
          ...words,
        ],
        clearEnv: true,
        env: await childEnv(home),
        stdin: "null",
      }).output();
      return `${code} ${new TextDecoder().decode(stderr)}`;
    };
    const to = ["--transport", "http", "--upstream", "http://127.0.0.1:1/mcp"];
    assert.match(await run(), /^2 error: serve needs --transport http/);
    assert.match(
      await run("--transport", "ws"),
      /^2 error: unknown transport 'ws': it is http or sse/,
    );
    assert.match(await run("--transport", "http"), /^2 error: serve needs --upstream/);
    assert.match(
      await run("--transport", "http", "--upstream", "localhost:1"),
      /^2 .*not 'localhost:1'/,
    );
    assert.match(await run(...to, "--port", "x"), /^2 .*--port "x" is no port: 0 to 65535/);
    assert.match(await run(...to, "--header", "secret"), /^2 .*"Name: value"/);
    assert.match(await run(...to, "--header", "a: ${NONE}"), /^2 .*NONE is not set/);
    assert.match(
      await run(...to, "--header", "Content-Length: 5"),
      /^2 .*content-length: AgentGate/,
    );
    assert.match(await run(...to, "--host", "0.0.0.0"), /^2 .*client_token/);
    assert.match(await run(...to, "--tls-cert", "x.pem"), /^2 .*need one another/);
    assert.match(await run(...to, "--cert", join(home, "none.pem")), /^2 .*there is no file/);
    assert.match(await run("--transport", "http", "--upstream", "http://u:p@h/"), /^2 .*password/);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    assert.match(
      await run(...to, "--port", String(port)),
      /^2 .*address is in use; choose another --port/,
    );
  });
});

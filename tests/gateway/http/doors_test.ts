import assert from "node:assert/strict";
import { Doors } from "../../../src/transport/http/doors.ts";
import { call, json, result, withHttp } from "./fixture.ts";

const upstream = () => json(result(1));

/** Sends a request with headers that `fetch` would not let us choose. */
async function raw(url: string, lines: readonly string[], body = ""): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const head = [...lines, "connection: close", `content-length: ${body.length}`].join("\r\n");
  await connection.write(new TextEncoder().encode(`${head}\r\n\r\n${body}`));
  return await new Response(connection.readable).text();
}

const POST = "POST /mcp HTTP/1.1", TYPE = "content-type: application/json";

Deno.test("serve turns away a Host or an Origin that is not its own, and sends nothing on", () =>
  withHttp({ upstream }, async ({ url, seen }) => {
    const body = JSON.stringify(call(1, "a")), { host, port } = new URL(url);
    for (
      const [line, status] of [
        [`host: ${host}`, 200],
        [`host: localhost:${port}`, 200],
        [`host: [::1]:${port}`, 200],
        ["host: evil.example", 403],
        ["host: 127.0.0.1.evil.example", 403],
        [`host: ${host}\r\norigin: http://localhost:3000`, 200],
        [`host: ${host}\r\norigin: http://${host}`, 200],
        [`host: ${host}\r\norigin: https://evil.example`, 403],
        [`host: ${host}\r\norigin: null`, 403],
        [`host: ${host}\r\norigin: http://127.0.0.1.evil.example`, 403],
        [`host: ${host}\r\norigin: file://`, 403],
      ] as const
    ) {
      const before = seen.length, answer = await raw(url, [POST, line, TYPE], body);
      assert.equal(Number(answer.slice(9, 12)), status, line);
      assert.equal(seen.length - before, status === 200 ? 1 : 0, line);
    }
    assert.ok(seen.every(({ headers }) => !/localhost:\d+$|::1/.test(headers.get("host")!)));
  }));

Deno.test("serve lets in what --allow-host and --allow-origin name", () =>
  withHttp({
    upstream,
    serve: { allowedHosts: ["gate.example"], allowedOrigins: ["https://app.example"] },
  }, async ({ url }) => {
    const body = JSON.stringify(call(1, "a"));
    const lines = [POST, "host: gate.example", "origin: https://app.example", TYPE];
    assert.match(await raw(url, lines, body), /^HTTP\/1.1 200/);
  }));

Deno.test("serve wants its token where one is set, and keeps it to itself", () =>
  withHttp(
    { upstream, config: '[serve]\nclient_token = "of-the-gateway"\n' },
    async ({ post, seen }) => {
      for (
        const headers of [{}, { authorization: "Bearer wrong" }, { "x-agentgate-token": "wrong" }]
      ) {
        const response = await post(call(1, "a"), headers as Record<string, string>);
        assert.equal(response.status, 401);
        await response.body?.cancel();
      }
      assert.equal(
        (await post(call(1, "a"), { authorization: "Bearer of-the-gateway" })).status,
        200,
      );
      const both = { "x-agentgate-token": "of-the-gateway", authorization: "Bearer of-the-server" };
      assert.equal((await post(call(1, "a"), both)).status, 200);
      assert.deepEqual(seen.map(({ headers }) => headers.get("authorization")), [
        null,
        "Bearer of-the-server",
      ]);
      assert.ok(seen.every(({ headers }) => headers.get("x-agentgate-token") === null));
    },
  ));

Deno.test("serve speaks https with a certificate", async () => {
  const cert = await Deno.readTextFile(new URL("./certificates/localhost.pem", import.meta.url));
  const authority = await Deno.readTextFile(new URL("./certificates/ca.pem", import.meta.url));
  const key = await Deno.readTextFile(new URL("./certificates/localhost.key", import.meta.url));
  await withHttp({ upstream, serve: { tls: { cert, key } } }, async ({ url }) => {
    using client = Deno.createHttpClient({ caCerts: [authority] });
    const response = await fetch(url.replace("127.0.0.1", "localhost"), {
      method: "POST",
      client,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call(1, "a")),
    });
    assert.equal(response.status, 200);
    await response.body?.cancel();
    // The same as an upstream: refused, unless whoever vouches for it is trusted.
    for (const [ca, status] of [[undefined, 502], [[authority], 200]] as const) {
      await withHttp({
        upstream: url.replace("127.0.0.1", "localhost"),
        serve: ca === undefined ? {} : { ca },
      }, async ({ post }) => {
        const response = await post(call(1, "a"));
        assert.equal(response.status, status);
        await response.body?.cancel();
      });
    }
  });
});

Deno.test("serve names itself as the resource that tokens are for, and its upstream's issuer", () => {
  let origin = "";
  return withHttp({
    upstream: ({ path }) => {
      if (path.startsWith("/.well-known/oauth-protected-resource/mcp")) {
        return json({
          resource: `${origin}/mcp`,
          authorization_servers: ["https://issuer.example"],
        });
      }
      const where = `resource_metadata="${origin}/.well-known/oauth-protected-resource/mcp"`;
      return path === "/mcp"
        ? json({ error: "invalid_token" }, {
          status: 401,
          headers: { "www-authenticate": `Bearer error="invalid_token", ${where}` },
        })
        : new Response(null, { status: 404 });
    },
  }, async ({ url, post, seen }) => {
    origin = `http://${(await post(call(1, "a")), seen[0]!.headers.get("host"))}`;
    const response = await post(call(1, "a"));
    const own = new URL(url).origin;
    assert.equal(response.status, 401);
    assert.equal(
      response.headers.get("www-authenticate"),
      `Bearer error="invalid_token", resource_metadata="${own}/.well-known/oauth-protected-resource/mcp"`,
    );
    assert.deepEqual(await response.json(), { error: "invalid_token" });
    const metadata = await fetch(`${own}/.well-known/oauth-protected-resource/mcp`);
    assert.deepEqual(await metadata.json(), {
      resource: url,
      authorization_servers: ["https://issuer.example"],
    });
    assert.equal((await fetch(`${own}/.well-known/oauth-protected-resource`)).status, 404);
  });
});

Deno.test("serve tells load balancers that it lives, and whether it is ready, by whatever name", () =>
  withHttp({
    upstream: () => Response.json({ jsonrpc: "2.0", id: 1, result: {} }),
    config: "[serve]\nunready_seconds = 0.05\n",
  }, async ({ url, post, served }) => {
    const ask = async (path: string) => {
      const headers = { host: "10.0.0.7:7072" };
      const response = await fetch(new URL(path, url), { headers });
      return [response.status, (await response.json()).status];
    };
    assert.deepEqual(await ask("/live"), [200, "live"]);
    assert.deepEqual(await ask("/ready"), [200, "ready"]);
    served.gateway.audit.threadDied("the test says so");
    assert.deepEqual(await ask("/ready"), [503, "calls cannot be recorded"]);
    const leaving = served.leave();
    assert.deepEqual(await ask("/ready"), [503, "stopping"]);
    assert.deepEqual(await ask("/live"), [200, "live"]);
    // What comes all the same is still taken.
    assert.equal((await post({ jsonrpc: "2.0", id: 1, method: "ping" })).status, 200);
    await leaving;
  }));

Deno.test("serve answers /health, and says where MCP is to whoever is lost", () =>
  withHttp({ upstream }, async ({ url, seen }) => {
    const { origin } = new URL(url);
    assert.deepEqual(await (await fetch(`${origin}/health`)).json(), { status: "ok", audit: "ok" });
    const lost = await fetch(`${origin}/elsewhere`, { method: "POST", body: "{}" });
    assert.equal(lost.status, 404);
    assert.match(await lost.text(), /MCP is served at http:\/\/127.0.0.1:\d+\/mcp/);
    assert.deepEqual(seen, []);
  }));

Deno.test("Doors goes by the address where HTTP/2 has no Host", () => {
  const doors = new Doors({ hostname: "127.0.0.1", hosts: ["gate.example"], origins: [] });
  const none: [string, string][] = [];
  assert.equal(doors.objection(none, "https://gate.example"), undefined);
  assert.equal(doors.objection(none, "https://127.0.0.1:7072"), undefined);
  assert.match(doors.objection(none, "https://evil.example")!, /--allow-host/);
});

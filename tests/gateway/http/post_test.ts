import assert from "node:assert/strict";
import {
  call,
  json,
  Reading,
  readRequest,
  request,
  result,
  Stream,
  untilLeft,
  withHttp,
  withRawUpstream,
} from "./fixture.ts";

const DENY = `[[rules]]\nid = "no-bash"\ntool = "bash"\naction = "deny"\n`;

Deno.test("serve passes a call and its answer as they are, and records it", () =>
  withHttp({
    upstream: ({ body }) =>
      json(` {"result": {"content":[],  "n":1.0},"jsonrpc":"2.0","id":${JSON.parse(body).id}} `, {
        headers: { "x-own": "yes", "mcp-session-id": "s1" },
      }),
  }, async ({ post, seen, rows }) => {
    const body =
      '{ "jsonrpc":"2.0",\n  "id": 7, "method":"tools/call",\r\n"params":{"name":"echo","arguments":{"n":1.0}}}';
    const response = await post(body, { "x-client": "c", "user-agent": "agent/1" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("x-own"), "yes");
    assert.equal(response.headers.get("mcp-session-id"), "s1");
    assert.equal(
      await response.text(),
      ' {"result": {"content":[],  "n":1.0},"jsonrpc":"2.0","id":7} ',
    );
    assert.equal(seen[0]!.body, body);
    assert.equal(seen[0]!.headers.get("x-client"), "c");
    assert.equal(seen[0]!.headers.get("user-agent"), "agent/1");
    const [row, ...more] = await rows();
    assert.deepEqual(more, []);
    assert.deepEqual([row.tool_name, row.outcome, row.server_name], ["echo", "ok", "remote"]);
  }));

Deno.test("serve answers a denied call itself, with 200, and sends nothing", () =>
  withHttp({ upstream: () => json(result(1)), policy: DENY }, async ({ post, seen, rows }) => {
    const response = await post(call(1, "bash"));
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/json");
    const { id, error } = await response.json();
    assert.deepEqual([id, error.code, error.data.rule], [1, -32603, "no-bash"]);
    assert.deepEqual(seen, []);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["denied"]);
  }));

Deno.test("serve decides by the body, whatever the headers say, in both eras", () =>
  withHttp({ upstream: () => json(result(1)), policy: DENY }, async ({ post, seen }) => {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const lying = {
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      "mcp-protocol-version": "2026-07-28",
    };
    const modern = request(1, "tools/call", { name: "bash", arguments: {}, _meta });
    const legacy = await post(call(1, "bash"), lying);
    assert.deepEqual([legacy.status, (await legacy.json()).error.code], [400, -32600]);
    const response = await post(modern, lying);
    assert.deepEqual([response.status, (await response.json()).error.code], [400, -32020]);
    const denied = await post(modern, { ...lying, "mcp-name": "bash" });
    assert.deepEqual([denied.status, (await denied.json()).error.data.rule], [200, "no-bash"]);
    assert.deepEqual(seen, []);
  }));

Deno.test("serve wants the mirrored headers of 2026-07-28 to say what the body says", () =>
  withHttp({ upstream: () => json(result(1)) }, async ({ post, seen }) => {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const body = request(1, "tools/call", { name: "écho", arguments: {}, _meta });
    const right = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": `=?base64?${new TextEncoder().encode("écho").toBase64()}?=`,
      "mcp-param-unknown": "passes",
    };
    assert.equal((await post(body, right)).status, 200);
    assert.equal(seen[0]!.headers.get("mcp-param-unknown"), "passes");
    for (
      const wrong of [
        { "mcp-name": "echo" },
        { "mcp-method": "tools/list" },
        { "mcp-method": "tools/call, tools/call" },
        { "mcp-protocol-version": "2025-11-25" },
      ]
    ) {
      const response = await post(body, { ...right, ...wrong });
      assert.equal(response.status, 400, JSON.stringify(wrong));
      assert.equal((await response.json()).error.code, -32020);
    }
    const { "mcp-method": _, ...without } = right;
    assert.equal((await post(body, without)).status, 400);
    assert.equal(seen.length, 1);
  }));

const REDACT = `[[rules]]\nid = "keys"\ntool = "*"\naction = "redact"\npattern = "sk-[a-z]{8}"\n`;

Deno.test("serve redacts both ways; lengths, digests and mirrored headers follow", () =>
  withHttp({
    upstream: ({ body }) =>
      json(result(JSON.parse(body).id, "the key is sk-abcdefgh"), {
        headers: { "content-digest": "sha-256=:x:", etag: '"1"' },
      }),
    policy: REDACT,
  }, async ({ post, seen, rows }) => {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const params = { name: "echo", arguments: { key: "sk-abcdefgh", other: "x" }, _meta };
    const response = await post(request(1, "tools/call", params), {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      "mcp-param-key": "sk-abcdefgh",
      "mcp-param-other": "x",
    });
    const text = await response.text();
    assert.ok(!text.includes("sk-abcdefgh") && text.includes("REDACTED"), text);
    assert.equal(
      Number(response.headers.get("content-length")),
      new TextEncoder().encode(text).length,
    );
    assert.equal(response.headers.get("content-digest"), null);
    assert.equal(response.headers.get("etag"), null);
    const { body, headers } = seen[0]!;
    assert.equal(Number(headers.get("content-length")), body.length);
    const sent = JSON.parse(body).params.arguments;
    assert.ok(!body.includes("sk-abcdefgh"));
    assert.deepEqual([headers.get("mcp-param-key"), headers.get("mcp-param-other")], [
      sent.key,
      "x",
    ]);
    assert.ok(!JSON.stringify(await rows()).includes("sk-abcdefgh"));
  }));

Deno.test("serve redacts what is no message, too, and keeps what is no text", () =>
  withHttp({
    upstream: ({ headers }) => {
      const kind = headers.get("x-kind")!;
      if (kind === "bytes") {
        return new Response(new Uint8Array([0x73, 0xff, 0x80]), { status: 500 });
      }
      const body = kind === "json" ? '{"error":"sk-abcdefgh"}' : "<p>sk-abcdefgh</p>";
      const type = kind === "json" ? "application/json" : "text/html";
      return new Response(body, { status: 403, headers: { "content-type": type } });
    },
    policy: REDACT,
  }, async ({ post }) => {
    for (const kind of ["json", "html"]) {
      const response = await post(request(1, "ping"), { "x-kind": kind });
      assert.equal(response.status, 403);
      const text = await response.text();
      assert.ok(text.includes("[REDACTED") && !text.includes("sk-"), text);
    }
    const response = await post(request(1, "ping"), { "x-kind": "bytes" });
    assert.deepEqual([response.status, await response.text()], [500, ""]);
  }));

Deno.test("serve passes a notification's 202 without body and type", () =>
  withHttp({ upstream: () => new Response(null, { status: 202 }) }, async ({ post, seen }) => {
    const response = await post({ jsonrpc: "2.0", method: "notifications/initialized" });
    assert.deepEqual([response.status, await response.text()], [202, ""]);
    assert.equal(response.headers.get("content-type"), null);
    assert.equal(seen.length, 1);
  }));

Deno.test("serve answers a batch of 2025-03-26 as one, denied with its call", () =>
  withHttp({
    upstream: ({ body }) => json(JSON.parse(body).map(({ id }: { id: number }) => result(id))),
    policy: DENY,
  }, async ({ post, seen, rows }) => {
    const good = await post([call(1, "a"), call(2, "b")]);
    assert.deepEqual((await good.json()).map(({ id }: { id: number }) => id), [1, 2]);
    const bad = await post([call(1, "a"), call(2, "bash")]);
    assert.deepEqual(
      (await bad.json()).map(({ error }: { error: { code: number } }) => error.code),
      [
        -32600,
        -32603,
      ],
    );
    assert.equal(seen.length, 1);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), [
      "ok",
      "ok",
      "denied",
      "denied",
    ]);
  }));

Deno.test("serve sends a call once: a connection that was used before and dies is 502, one record", async () => {
  const arrived: string[] = [];
  await withRawUpstream(async (connection) => {
    for (let request; (request = await readRequest(connection)) !== undefined;) {
      arrived.push(request);
      if (!request.includes("warm")) return;
      const body = JSON.stringify(result(1));
      const head =
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      await connection.write(new TextEncoder().encode(`${head}\r\n\r\n${body}`));
    }
  }, (upstream) =>
    withHttp({ upstream }, async ({ post, rows }) => {
      assert.equal((await post(call(1, "warm"))).status, 200);
      const response = await post(call(2, "delete"));
      assert.equal(response.status, 502);
      assert.match((await response.json()).error.message, /may have been executed/);
      assert.equal(arrived.filter((request) => request.includes("delete")).length, 1);
      const [, row] = await rows();
      assert.deepEqual([row.tool_name, row.outcome, row.forwarded], ["delete", "server_gone", 1]);
    }));
});

Deno.test("serve asks once more, on a fresh connection, what calls no tool", async () => {
  const arrived: string[] = [];
  await withRawUpstream(async (connection, index) => {
    for (let request; (request = await readRequest(connection)) !== undefined;) {
      arrived.push(request);
      if (index === 0 && arrived.length === 2) return;
      const body = JSON.stringify(result(1));
      const head =
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
      await connection.write(new TextEncoder().encode(`${head}\r\n\r\n${body}`));
    }
  }, (upstream) =>
    withHttp({ upstream }, async ({ post }) => {
      assert.equal((await post(call(1, "warm"))).status, 200);
      const response = await post(request(1, "tools/list"));
      assert.equal(response.status, 200);
      await response.body?.cancel();
      assert.equal(arrived.length, 3);
    }));
});

Deno.test("serve tells an upstream that is down by 502, and counts it against the tool", () =>
  withHttp({
    upstream: "http://127.0.0.1:1/mcp",
    config: "[circuit_breaker]\nerror_threshold = 2\nwindow_seconds = 30\ncooldown_seconds = 60\n",
  }, async ({ post, rows }) => {
    for (const _ of [1, 2]) {
      const response = await post(call(1, "a"));
      assert.equal(response.status, 502);
      assert.match((await response.json()).error.message, /Nothing was executed/);
    }
    const response = await post(call(1, "a"));
    assert.deepEqual([response.status, (await response.json()).error.code], [200, -31030]);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), [
      "server_gone",
      "server_gone",
      "circuit_open",
    ]);
  }));

Deno.test("serve counts answers of 5xx against the tool, and those of 4xx not", () => {
  let status = 500;
  return withHttp({
    upstream: () => new Response("no", { status }),
    config: "[circuit_breaker]\nerror_threshold = 2\nwindow_seconds = 30\ncooldown_seconds = 60\n",
  }, async ({ post, seen }) => {
    const statuses = async (tool: string) => {
      const all: number[] = [];
      for (let i = 0; i < 3; i++) {
        const response = await post(call(1, tool));
        all.push(response.status);
        await response.body?.cancel();
      }
      return all;
    };
    assert.deepEqual(await statuses("a"), [500, 500, 200]);
    assert.equal(seen.length, 2);
    status = 400;
    assert.deepEqual(await statuses("b"), [400, 400, 400]);
    assert.equal(seen.length, 5);
  });
});

Deno.test("serve refuses an answer that is compressed though nobody asked for it", () =>
  withHttp({
    upstream: () => json(result(1), { headers: { "content-encoding": "gzip" } }),
  }, async ({ post, seen }) => {
    const response = await post(call(1, "a"));
    assert.equal(response.status, 502);
    await response.body?.cancel();
    assert.equal(seen[0]!.headers.get("accept-encoding"), "identity");
  }));

Deno.test("serve follows a redirect to the same origin once, and sends nothing elsewhere", () =>
  withHttp({
    upstream: ({ path }) => {
      if (path === "/mcp") {
        return new Response(null, { status: 307, headers: { location: "/mcp/" } });
      }
      return json(result(1));
    },
  }, async ({ post, seen, rows }) => {
    const response = await post(call(1, "a"), { authorization: "Bearer t" });
    assert.deepEqual(await response.json(), result(1));
    assert.deepEqual(seen.map(({ path }) => path), ["/mcp", "/mcp/"]);
    assert.equal(seen[1]!.body, seen[0]!.body);
    assert.equal((await rows()).length, 1);
  }).then(() =>
    withHttp({
      upstream: () =>
        new Response(null, { status: 308, headers: { location: "http://elsewhere.example/mcp" } }),
    }, async ({ url, seen }) => {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call(1, "a")),
      });
      assert.equal(response.status, 308);
      assert.equal(response.headers.get("location"), "http://elsewhere.example/mcp");
      assert.equal(seen.length, 1);
    })
  ));

Deno.test("serve gives up a call that is overdue: an error at once, and the server is told", () =>
  withHttp({
    upstream: (one, request) =>
      one.body.includes("cancelled") ? new Response(null, { status: 202 }) : untilLeft(request),
    config: "call_timeout_seconds = 0.2\n",
  }, async ({ post, seen, rows }) => {
    const response = await post(call(5, "slow"), {
      "mcp-session-id": "s",
      authorization: "Bearer t",
    });
    assert.equal(response.status, 200);
    assert.deepEqual((await response.json()).error.code, -31031);
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const told = JSON.parse(seen[1]!.body);
    assert.deepEqual([told.method, told.params.requestId], ["notifications/cancelled", 5]);
    assert.equal(seen[1]!.headers.get("mcp-session-id"), "s");
    assert.equal(seen[1]!.headers.get("authorization"), "Bearer t");
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["timed_out"]);
  }));

Deno.test("serve holds a call until its record is on disk, when the log is strict", () =>
  withHttp({
    upstream: ({ body }) => json(result(JSON.parse(body).id)),
    config: '[audit]\ndurability = "strict"\n',
    policy: DENY,
  }, async ({ post, rows }) => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => post(call(i, i % 5 === 0 ? "bash" : "a"))),
    );
    for (const [i, answer] of answers.entries()) {
      const { id, error } = await answer.json();
      assert.deepEqual([id, error !== undefined], [i, i % 5 === 0]);
    }
    assert.equal((await rows()).length, 50);
  }));

Deno.test("serve sends --header in place of the agent's, and never logs it", () =>
  withHttp({
    upstream: () => json(result(1)),
    serve: { headers: [["authorization", "Bearer secret-of-ours"]] },
  }, async ({ post, seen, log }) => {
    await (await post(call(1, "a"), { authorization: "Bearer of-the-agent" })).body?.cancel();
    assert.equal(seen[0]!.headers.get("authorization"), "Bearer secret-of-ours");
    assert.ok(!JSON.stringify(log).includes("secret-of-ours"));
  }));

Deno.test("serve limits agents by credential, then session, then address, not by their names", () =>
  withHttp({
    upstream: ({ body }) => json(result(JSON.parse(body).id)),
    config: "[rate_limits]\nper_agent_max_calls_per_minute = 2\n",
  }, async ({ post }) => {
    const allowed = async (headers: Record<string, string>, times = 3) => {
      let count = 0;
      for (let i = 0; i < times; i++) {
        if ("result" in await (await post(call(i, "a"), headers)).json()) count++;
      }
      return count;
    };
    assert.equal(await allowed({ authorization: "Bearer a" }), 2);
    assert.equal(await allowed({ authorization: "Bearer b" }), 2);
    assert.equal(await allowed({ authorization: "Bearer a", "mcp-session-id": "other" }), 0);
    assert.equal(await allowed({ "mcp-session-id": "one" }), 2);
    assert.equal(await allowed({ "mcp-session-id": "two" }), 2);
    assert.equal(await allowed({}), 2);
    assert.equal(await allowed({ "user-agent": "another" }), 0);
  }));

Deno.test("serve ends what an agent has left: its upstream, and its record", async () => {
  const stream = new Stream();
  await withHttp({ upstream: () => stream.response }, async ({ post, rows }) => {
    const reading = new Reading(await post(call(1, "slow")));
    stream.write(": hello\n\n");
    await reading.until("hello");
    await reading.cancel();
    await stream.left;
    const [row] = await rows();
    assert.equal(row.outcome, "agent_gone");
  });
});

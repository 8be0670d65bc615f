import assert from "node:assert/strict";
import { call, json, JSON_HEADERS, Reading, request, result, Stream, withHttp } from "./fixture.ts";

const REDACT = `[[rules]]\nid = "keys"\ntool = "*"\naction = "redact"\npattern = "sk-[a-z]{8}"\n`;
const SESSION = Object.freeze({ "mcp-session-id": "s1" });

const get = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers: { accept: "text/event-stream", ...SESSION, ...headers } });

Deno.test("serve passes each event at once, as it came: ids, types, retry, comments, order", async () => {
  const stream = new Stream({ "x-accel-buffering": "no" });
  await withHttp({ upstream: () => stream.response }, async ({ post, rows }) => {
    const pending = post(call(1, "a"), SESSION);
    const parts = [
      "id: 0\ndata:\n\n",
      "retry: 20\n\n",
      ": keepalive\n\n",
      'event: message\r\nid: 1\r\ndata: {"jsonrpc":"2.0","method":"notifications/message","params":{"x":1.0}}\r\n\r\n',
      `id: 2\ndata: ${JSON.stringify(result(1))}\n\n`,
    ];
    const reading = new Reading(await pending);
    let all = "";
    for (const part of parts) {
      stream.write(part);
      assert.equal(await reading.until(all += part), all);
    }
    stream.end();
    assert.equal(await reading.toEnd(), false);
    assert.equal(reading.text, all);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["ok"]);
  });
});

Deno.test("serve finds a secret in pieces of TCP, in lines of one event, in comments and other events", async () => {
  const stream = new Stream();
  await withHttp({ upstream: () => stream.response, policy: REDACT }, async ({ post }) => {
    const reading = new Reading(await post(call(1, "a"), SESSION));
    const text = JSON.stringify(result(1, "sk-abcdefgh"));
    for (const character of `id: 1\ndata: ${text.replace(',"', ',\ndata: "')}\n\n`) {
      stream.write(character);
    }
    stream.write(": sk-abcdefgh\n\nevent: other\ndata: sk-abcdefgh\ndata: more\n\n");
    stream.end();
    await reading.toEnd();
    assert.ok(!reading.text.includes("sk-abcdefgh"), reading.text);
    assert.match(
      reading.text,
      /^id: 1\ndata: \{.*\}\n\n: \[REDACTED.*\n\nevent: other\ndata: \[REDACTED.*\ndata: more\n\n$/,
    );
  });
});

Deno.test("serve redacts what comes on a resumed stream, and knows its answer", async () => {
  const first = new Stream(), second = new Stream();
  await withHttp({
    upstream: ({ method }) => method === "GET" ? second.response : first.response,
    policy: REDACT,
  }, async ({ url, post, rows, seen }) => {
    const one = new Reading(await post(call(1, "a"), SESSION));
    first.write("id: 7\ndata:\n\n");
    await one.until("id: 7");
    first.end();
    assert.equal(await one.toEnd(), false);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["open"]);
    const two = new Reading(await get(url, { "last-event-id": "7" }));
    assert.equal(seen[1]!.headers.get("last-event-id"), "7");
    second.send(result(1, "sk-abcdefgh"), "id: 8\n");
    const text = await two.until("REDACTED");
    assert.ok(text.startsWith("id: 8\n") && !text.includes("sk-"), text);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["ok"]);
    await two.cancel();
  });
});

Deno.test("serve passes answers on a resumed stream whose requests it never saw, by every rule", async () => {
  const stream = new Stream();
  const policy = `${REDACT}[[rules]]\nid = "no"\ntool = "bash"\naction = "deny"\n`;
  await withHttp({ upstream: () => stream.response, policy }, async ({ url }) => {
    const reading = new Reading(await get(url, { "last-event-id": "7" }));
    stream.send(result(41, "sk-abcdefgh"));
    stream.send({ jsonrpc: "2.0", id: 42, result: { tools: [{ name: "bash" }, { name: "ls" }] } });
    const text = await reading.until('"ls"');
    assert.ok(!text.includes("sk-abcdefgh") && !text.includes("bash"), text);
    await reading.cancel();
  });
});

Deno.test("serve drops answers to nothing on any other stream", async () => {
  const stream = new Stream();
  await withHttp({ upstream: () => stream.response }, async ({ url }) => {
    const reading = new Reading(await get(url));
    stream.send(result(41, "unasked"));
    stream.send({ jsonrpc: "2.0", method: "notifications/message", params: {} });
    assert.ok(!(await reading.until("notifications/message")).includes("unasked"));
    await reading.cancel();
  });
});

Deno.test("serve carries the server's requests and the agent's answers, with a session and without", async () => {
  for (const headers of [SESSION, {}]) {
    const stream = new Stream(), listening = new Stream();
    await withHttp({
      upstream: ({ method, body }) => {
        if (method === "GET") return listening.response;
        return body.includes("tools/call") ? stream.response : new Response(null, { status: 202 });
      },
    }, async ({ url, post, seen }) => {
      const asked = new Reading(await post(call(1, "a"), headers));
      stream.send(request(1, "elicitation/create", { message: "name?" }));
      await asked.until("elicitation/create");
      const answer = {
        jsonrpc: "2.0",
        id: 1,
        result: { action: "accept", content: { name: "n" } },
      };
      assert.equal((await post(answer, headers)).status, 202);
      assert.deepEqual(JSON.parse(seen[1]!.body), answer);
      stream.send(result(1));
      stream.end();
      await asked.toEnd();
      const other = new Reading(await fetch(url, { headers }));
      listening.send(request(2, "roots/list"));
      await other.until("roots/list");
      const roots = { jsonrpc: "2.0", id: 2, result: { roots: [] } };
      assert.equal((await post(roots, headers)).status, 202);
      assert.equal(seen.length, 4);
      await other.cancel();
    });
  }
});

Deno.test("serve answers two requests with one id: each its own without a session, one with it", async () => {
  const answers: ((response: Response) => void)[] = [];
  const upstream = () => new Promise<Response>((resolve) => void answers.push(resolve));
  await withHttp({ upstream }, async ({ post }) => {
    const both = [post(call(1, "a")), post(call(1, "b"))];
    while (answers.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    answers[1]!(json(result(1, "second")));
    answers[0]!(json(result(1, "first")));
    const texts = await Promise.all(both.map(async (one) => await (await one).text()));
    assert.match(texts[0]!, /first/);
    assert.match(texts[1]!, /second/);
    const one = post(call(1, "a"), SESSION);
    while (answers.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    const refused = await (await post(call(1, "b"), SESSION)).json();
    assert.match(refused.error.message, /id is still in use/);
    answers[2]!(json(result(1, "whole")));
    assert.match(await (await one).text(), /whole/);
  });
});

Deno.test("serve ends a broken stream as broken, and a clean one as clean", async () => {
  for (const isBroken of [true, false]) {
    const stream = new Stream();
    await withHttp({ upstream: () => stream.response }, async ({ post, rows }) => {
      const reading = new Reading(await post(call(1, "a")));
      stream.write(': x\n\ndata: {"cut');
      await reading.until(": x");
      if (isBroken) stream.breakOff();
      else stream.end();
      assert.equal(await reading.toEnd(), isBroken);
      assert.ok(!reading.text.includes("cut"));
      assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["server_gone"]);
    });
  }
});

Deno.test("serve takes a modern stream that its agent closes for a cancellation", async () => {
  const stream = new Stream();
  await withHttp({ upstream: () => stream.response }, async ({ post, rows }) => {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const headers = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "a",
    };
    const params = { name: "a", arguments: {}, _meta };
    const reading = new Reading(await post(request(1, "tools/call", params), headers));
    stream.write(": x\n\n");
    await reading.until(": x");
    await reading.cancel();
    await stream.left;
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["cancelled"]);
  });
});

Deno.test("serve tells streams of other tools after a reload: a session's, and subscriptions", async () => {
  const deny = (tool: string) => `[[rules]]\nid = "no"\ntool = "${tool}"\naction = "deny"\n`;
  const listening = new Stream(), subscribed = new Stream();
  await withHttp({
    upstream: ({ method, body }) => {
      if (method === "GET") return listening.response;
      if (body.includes("subscriptions/listen")) return subscribed.response;
      const { id, method: asked } = JSON.parse(body);
      return asked === "initialize"
        ? json({ jsonrpc: "2.0", id, result: { capabilities: { tools: { listChanged: true } } } }, {
          headers: SESSION,
        })
        : json({ jsonrpc: "2.0", id, result: { tools: [{ name: "a" }, { name: "b" }] } });
    },
    policy: deny("a"),
  }, async ({ url, post, rewritePolicy }) => {
    await (await post(request(1, "initialize"))).body?.cancel();
    const tools = await (await post(request(2, "tools/list"), SESSION)).json();
    assert.deepEqual(tools.result.tools, [{ name: "b" }]);
    const reading = new Reading(await get(url));
    listening.write(": x\n\n");
    await reading.until(": x");
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    const modern = new Reading(
      await post(
        request("sub", "subscriptions/listen", {
          notifications: { toolsListChanged: true },
          _meta,
        }),
        {
          "mcp-protocol-version": "2026-07-28",
          "mcp-method": "subscriptions/listen",
        },
      ),
    );
    subscribed.write(": x\n\n");
    await modern.until(": x");
    await rewritePolicy(deny("b"));
    assert.match(
      await reading.until("list_changed"),
      /^: x\n\nevent: message\ndata: \{"jsonrpc":"2.0","method":"notifications\/tools\/list_changed"\}\n\n$/,
    );
    assert.match(
      await modern.until("list_changed"),
      /"io.modelcontextprotocol\/subscriptionId":"sub"/,
    );
    await reading.cancel();
    await modern.cancel();
  });
});

Deno.test("serve lets the server keep its sessions: no id of ours, 404 and DELETE as they come", () => {
  let status = 200;
  return withHttp({
    upstream: ({ method, body }) =>
      method === "DELETE" ? new Response(null, { status: 204 }) : status === 404
        ? json(
          { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null },
          {
            status,
          },
        )
        : json(result(JSON.parse(body).id)),
  }, async ({ url, post, rows }) => {
    const known = await post(call(1, "a"), { "mcp-session-id": "never seen here" });
    assert.equal(known.status, 200);
    assert.equal(known.headers.get("mcp-session-id"), null);
    await known.body?.cancel();
    status = 404;
    const lost = await post(call(2, "a"), { "mcp-session-id": "never seen here" });
    assert.equal(lost.status, 404);
    assert.match(await lost.text(), /Session not found/);
    assert.equal((await fetch(url, { method: "DELETE", headers: SESSION })).status, 204);
    const ids = (await rows()).map(({ session_id }) => session_id);
    assert.ok(ids.every((id) => /^[0-9a-f-]{36}$/.test(id)), String(ids));
  });
});

Deno.test("serve passes 405 for a GET that the server does not offer, with Allow, and 406", () =>
  withHttp({
    upstream: ({ method }) =>
      method === "GET"
        ? new Response(null, { status: 405, headers: { allow: "POST" } })
        : new Response("Not Acceptable", { status: 406 }),
  }, async ({ url, post, seen }) => {
    const response = await fetch(url);
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "POST"]);
    assert.equal((await post(request(1, "ping"), { accept: "*/*" })).status, 406);
    assert.equal(seen[1]!.headers.get("accept"), "*/*");
  }));

Deno.test("serve pauses an upstream whose agent does not read, and goes on when it does", async () => {
  const stream = new Stream();
  await withHttp({ upstream: () => stream.response }, async ({ post }) => {
    const response = await post(call(1, "a"));
    const event = `: ${"x".repeat(100_000)}\n\n`;
    for (let i = 0; i < 300; i++) stream.write(event);
    stream.send(result(1));
    stream.end();
    const reading = new Reading(response);
    await reading.toEnd();
    assert.equal(
      reading.text.length,
      300 * event.length + `data: ${JSON.stringify(result(1))}\n\n`.length,
    );
  });
});

Deno.test("serve ends idle streams and gives calls in flight time when it is asked to end", async () => {
  const idle = new Stream(), busy = new Stream();
  await withHttp({
    upstream: ({ method }) => method === "GET" ? idle.response : busy.response,
  }, async ({ url, post, served }) => {
    const one = new Reading(await get(url)), two = new Reading(await post(call(1, "a")));
    idle.write(": x\n\n");
    busy.write(": x\n\n");
    await one.until(": x");
    await two.until(": x");
    const closing = served.close(10_000);
    await one.toEnd();
    const refused = await fetch(url, { method: "POST", headers: JSON_HEADERS, body: "{}" }).catch(
      () => null,
    );
    assert.ok(refused === null || refused.status === 503);
    await refused?.body?.cancel();
    busy.send(result(1));
    busy.end();
    await two.toEnd();
    assert.match(two.text, /"done"/);
    assert.equal(await closing, true);
  });
});

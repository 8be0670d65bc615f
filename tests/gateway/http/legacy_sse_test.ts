import assert from "node:assert/strict";
import { call, JSON_HEADERS, Reading, request, result, Stream, withHttp } from "./fixture.ts";

const DENY = `[[rules]]\nid = "no"\ntool = "bash"\naction = "deny"\n`;
const REDACT = `[[rules]]\nid = "keys"\ntool = "*"\naction = "redact"\npattern = "sk-[a-z]{8}"\n`;

/** An upstream of one stream, and what it says of where messages go. */
async function withStream(
  endpoint: string | ((origin: string) => string),
  use: (
    given: {
      reading: Reading;
      stream: Stream;
      bodies: string[];
      send: (body: unknown, headers?: Record<string, string>) => Promise<Response>;
      path: string;
    } & Parameters<Parameters<typeof withHttp>[1]>[0],
  ) => Promise<void>,
  { policy = "", path = "/sse" } = {},
): Promise<void> {
  const stream = new Stream(), bodies: string[] = [];
  await withHttp({
    upstream: ({ method, body }) => {
      if (method === "GET") return stream.response;
      bodies.push(body);
      return new Response("Accepted", { status: 202 });
    },
    path,
    ...(policy === "" ? {} : { policy }),
    serve: { transport: "sse" },
  }, async (fixture) => {
    const reading = new Reading(await fetch(fixture.url));
    const origin = `http://${fixture.seen[0]!.headers.get("host")}`;
    stream.write(
      `event: endpoint\ndata: ${typeof endpoint === "string" ? endpoint : endpoint(origin)}\n\n`,
    );
    const text = await reading.until("\n\n");
    const address = /^event: endpoint\ndata: (.*)\n\n$/.exec(text)![1]!;
    const send = (body: unknown, headers: Record<string, string> = {}) =>
      fetch(new URL(address, fixture.url), {
        method: "POST",
        headers: { ...JSON_HEADERS, ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      });
    await use({ ...fixture, reading, stream, bodies, send, path: address });
    await reading.cancel();
  });
}

Deno.test("serve sse gives the endpoint as its own: relative, absolute, prefixed", async () => {
  const absolute = (origin: string) => `${origin}/api/message?sessionId=1`;
  for (
    const [endpoint, path, expected] of [
      ["/message?sessionId=1", "/sse", "/message?sessionId=1"],
      ["message?sessionId=1", "/api/sse", "/api/message?sessionId=1"],
      [absolute, "/api/sse", "/api/message?sessionId=1"],
      ["?sessionId=1", "/sse", "/sse?sessionId=1"],
    ] as const
  ) {
    await withStream(endpoint, async ({ path: given, send, stream, reading, seen }) => {
      assert.equal(given, expected);
      assert.deepEqual([(await send(call(1, "a"))).status, seen[1]!.path], [202, expected]);
      stream.send(result(1), "event: message\n");
      await reading.until('"done"');
    }, { path });
  }
});

Deno.test("serve sse ends a stream whose endpoint is elsewhere, and sends nothing there", () => {
  const stream = new Stream();
  return withHttp({
    upstream: () => stream.response,
    path: "/sse",
    serve: { transport: "sse" },
  }, async ({ url }) => {
    const reading = new Reading(await fetch(url));
    stream.write("event: endpoint\ndata: http://elsewhere.example/message\n\n");
    assert.equal(await reading.toEnd(), true);
    assert.equal(reading.text, "");
    await stream.left;
  });
});

Deno.test("serve sse answers a denied call on the agent's stream, by 202", () =>
  withStream("/message", async ({ send, reading, bodies, rows }) => {
    const response = await send(call(1, "bash"));
    assert.deepEqual([response.status, await response.text()], [202, "Accepted"]);
    assert.match(
      await reading.until("-32603"),
      /\n\nevent: message\ndata: \{"jsonrpc":"2.0","id":1,"error"/,
    );
    assert.deepEqual(bodies, []);
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["denied"]);
  }, { policy: DENY }));

Deno.test("serve sse redacts both ways, records, and ends what its stream leaves open", () =>
  withStream("/message", async ({ send, reading, bodies, stream, rows }) => {
    await (await send(call(1, "a", { key: "sk-abcdefgh" }))).body?.cancel();
    assert.ok(!bodies[0]!.includes("sk-abcdefgh"));
    stream.send(result(1, "sk-abcdefgh"), "event: message\n");
    assert.ok(!(await reading.until("REDACTED")).includes("sk-abcdefgh"));
    await (await send(call(2, "b"))).body?.cancel();
    stream.end();
    await reading.toEnd();
    assert.deepEqual((await rows()).map(({ outcome }) => outcome), ["ok", "server_gone"]);
  }, { policy: REDACT }));

Deno.test("serve sse takes messages for a stream from whoever opened it alone", () =>
  withStream("/message?sessionId=1", async ({ send, url, bodies }) => {
    assert.equal((await send(call(1, "a"), { authorization: "Bearer of another" })).status, 404);
    const elsewhere = new URL("/message?sessionId=2", url);
    const response = await fetch(elsewhere, {
      method: "POST",
      headers: JSON_HEADERS,
      body: JSON.stringify(call(1, "a")),
    });
    assert.equal(response.status, 404);
    assert.deepEqual(bodies, []);
  }));

Deno.test("serve sse lets the server ask the agent", () =>
  withStream("/message", async ({ send, reading, stream, bodies }) => {
    stream.send(request(1, "roots/list"), "event: message\n");
    await reading.until("roots/list");
    const answer = { jsonrpc: "2.0", id: 1, result: { roots: [] } };
    assert.equal((await send(answer)).status, 202);
    assert.equal((await send({ ...answer, id: 9 })).status, 202);
    assert.deepEqual(bodies.map((body) => JSON.parse(body)), [answer]);
  }));

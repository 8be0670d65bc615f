import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import wasm from "undici/lib/llhttp/llhttp_simd-wasm.js";
import type { HeaderList } from "../../../src/transport/http/headers.ts";
import { PooledUpstream } from "../../../src/transport/upstream/pooled_upstream.ts";
import {
  NOTHING_COMES_BACK,
  type UpstreamFailure,
  type UpstreamRequest,
} from "../../../src/transport/upstream/upstream.ts";
import { readRequest, withRawUpstream } from "../../gateway/http/fixture.ts";

const latin1 = new TextDecoder("latin1");
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** What came of a request. */
interface Answer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: string;
  readonly failure: UpstreamFailure | null;
}

function ask(upstream: PooledUpstream, asked: Partial<UpstreamRequest> = {}): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  let status = 0, headers: HeaderList = [], body = "";
  upstream.send({
    ...{ method: "POST", path: "/mcp", headers: [], body: bytesOf("{}") },
    ...{ headTimeoutMs: 0, mayRepeat: false, ...asked },
  }, {
    head: (given, all) => {
      status = given;
      headers = all;
    },
    chunk: (bytes) => {
      body += latin1.decode(bytes);
      return true;
    },
    end: () => resolve({ status, headers, body, failure: null }),
    fail: (failure) => resolve({ status, headers, body, failure }),
  });
  return promise;
}

/** An upstream whose answers are bytes: one to each request, in turn; `close` behind the last. */
async function withAnswers(
  answers: readonly string[],
  use: (upstream: PooledUpstream, seen: { text: string; connection: number }[]) => Promise<void>,
): Promise<void> {
  const seen: { text: string; connection: number }[] = [], left = [...answers];
  await withRawUpstream(async (connection, index) => {
    for (let text; (text = await readRequest(connection)) !== undefined;) {
      seen.push({ text, connection: index });
      const answer = left.shift();
      if (answer === undefined) return;
      await connection.write(bytesOf(answer.replace(/<close>$/, "")));
      if (answer.endsWith("<close>")) return;
    }
  }, async (url) => {
    const upstream = new PooledUpstream({ origin: new URL(url).origin });
    try {
      await use(upstream, seen);
    } finally {
      await upstream.close();
    }
  });
}

const ok = (text: string, ...headers: string[]) =>
  [`HTTP/1.1 200 OK`, `content-length: ${text.length}`, ...headers].join("\r\n") +
  `\r\n\r\n${text}`;

Deno.test("the parser of answers is the one that was looked at", () => {
  // Another sum: undici was updated. Run the hostile answers of this room and of `serve`.
  assert.equal(
    createHash("sha256").update(wasm).digest("hex"),
    "2434215e1f7fa0163f22ce895ddbeb83984fa0aa51e123164e053213e5aca028",
  );
});

Deno.test("a request is written as it is meant, and its answer read as it came", () =>
  withAnswers([ok("one", "x-empty:", "x-a: 1", "x-a: \xe9  ", "X-B: 2"), ok("two")], async (
    upstream,
    seen,
  ) => {
    const headers: HeaderList = [["x-name", "caf\xe9"], ["accept", "*/*"]];
    const first = await ask(upstream, { headers, path: "/mcp?a=%20" });
    assert.equal(first.body, "one");
    assert.deepEqual(first.headers, [
      ...[["content-length", "3"], ["x-empty", ""], ["x-a", "1"], ["x-a", "\xe9"], ["x-b", "2"]],
    ]);
    const second = await ask(upstream, { method: "GET", body: null });
    assert.equal(second.body, "two");
    const [post, get] = seen.map(({ text }) => text);
    const host = /host: 127\.0\.0\.1:\d+\r\n/;
    assert.match(post!, host);
    assert.equal(
      post!.replace(host, ""),
      "POST /mcp?a=%20 HTTP/1.1\r\nx-name: caf\ufffd\r\naccept: */*\r\ncontent-length: 2\r\n" +
        "connection: keep-alive\r\n\r\n{}",
    );
    assert.equal(get!.replace(host, ""), "GET /mcp HTTP/1.1\r\nconnection: keep-alive\r\n\r\n");
    assert.deepEqual(seen.map(({ connection }) => connection), [0, 0]);
  }));

Deno.test("what would be read otherwise than it is meant is not sent", () =>
  withAnswers([], async (upstream, seen) => {
    for (
      const asked of [
        { path: "/mcp HTTP/1.1\r\nx: y" },
        { path: "/m cp" },
        { path: "" },
        { headers: [["x", "a\r\nb: c"]] },
        { headers: [["x", "a\0"]] },
        { headers: [["x", "\u0100"]] },
        { headers: [["x y", "a"]] },
        { headers: [["", "a"]] },
        { headers: [["content-length", "5"]] },
        { headers: [["transfer-encoding", "chunked"]] },
      ] as const
    ) {
      const { failure } = await ask(upstream, asked);
      assert.equal(failure?.wasSent, false, JSON.stringify(asked));
    }
    assert.equal(seen.length, 0);
  }));

Deno.test("what comes before an answer is passed over, and ends", () =>
  withAnswers([
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + ok("done"),
    "HTTP/1.1 103 Early Hints\r\nlink: </xxxxxxxxxxxxxxxxxxxxxxx>\r\n\r\n".repeat(2000) + ok("no"),
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
  ], async (upstream) => {
    assert.deepEqual(await ask(upstream), {
      ...{ status: 200, headers: [["content-length", "4"]], body: "done", failure: null },
    });
    assert.match((await ask(upstream)).failure!.reason, /head of the answer is longer/);
    assert.equal((await ask(upstream)).failure!.wasSent, true);
  }));

Deno.test("an answer ends where it says, in every way to say it", () =>
  withAnswers([
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\none\r\n3\r\ntwo\r\n0\r\nx-trailer: t\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil its end<close>",
    "HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold<close>",
    ok("last", "connection: close"),
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort<close>",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n<close>",
  ], async (upstream, seen) => {
    const bodies = [];
    for (let i = 0; i < 8; i++) bodies.push(await ask(upstream));
    assert.deepEqual(bodies.map(({ body, failure }) => [body, failure?.phase ?? null]), [
      ...[["onetwo", null], ["", null], ["", null], ["until its end", null], ["old", null]],
      ...[["last", null], ["short", "body"], ["short", "body"]],
    ]);
    assert.deepEqual(bodies[0]!.headers, [["transfer-encoding", "chunked"]]);
    assert.deepEqual(seen.map(({ connection }) => connection), [0, 0, 0, 0, 1, 2, 3, 4]);
  }));

Deno.test("an answer to HEAD has no body", () =>
  withAnswers(["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", ok("next")], async (upstream) => {
    assert.equal((await ask(upstream, { method: "HEAD", body: null })).status, 200);
    assert.equal((await ask(upstream)).body, "next");
  }));

Deno.test("what comes unasked ends its connection, and is nobody's answer", () =>
  withAnswers([ok("one") + ok("smuggled"), ok("two"), ok("three") + "\r\n"], async (
    upstream,
    seen,
  ) => {
    assert.equal((await ask(upstream)).body, "one");
    assert.equal((await ask(upstream)).body, "two");
    assert.equal((await ask(upstream)).body, "three");
    assert.notEqual(seen[1]!.connection, seen[0]!.connection);
  }));

Deno.test("a connection is kept as long as the upstream says", () =>
  withAnswers(
    [ok("one", "keep-alive: timeout=1"), ok("two", "Keep-Alive: timeout=60"), ok("3")],
    async (
      upstream,
      seen,
    ) => {
      for (let i = 0; i < 3; i++) await ask(upstream);
      assert.deepEqual(seen.map(({ connection }) => connection), [0, 1, 1]);
    },
  ));

Deno.test("a request is sent once; once more only if it may be, and its connection was lost", async () => {
  for (const mayRepeat of [false, true]) {
    await withAnswers([ok("one"), "<close>", ok("again")], async (upstream, seen) => {
      await ask(upstream);
      const { failure, body } = await ask(upstream, { mayRepeat });
      assert.deepEqual([body, failure?.phase, failure?.wasSent], [
        ...mayRepeat ? ["again", undefined, undefined] : ["", "head", true],
      ]);
      assert.equal(seen.length, mayRepeat ? 3 : 2);
    });
  }
  // No more than once more.
  await withAnswers(["<close>", "<close>", ok("no")], async (upstream, seen) => {
    assert.equal((await ask(upstream, { mayRepeat: true })).failure?.phase, "head");
    assert.equal(seen.length, 2);
  });
});

Deno.test("a request leaves though it is given up in the same turn, or all is closed", async () => {
  for (const giveUp of ["abort", "close"] as const) {
    const { promise: arrived, resolve } = Promise.withResolvers<string>();
    await withRawUpstream(async (connection) => {
      await readRequest(connection);
      await connection.write(bytesOf(ok("{}")));
      resolve(await readRequest(connection) ?? "nothing came");
    }, async (url) => {
      const upstream = new PooledUpstream({ origin: new URL(url).origin });
      await ask(upstream);
      const exchange = upstream.send({
        ...{ method: "POST", path: "/mcp", headers: [], body: bytesOf("the last") },
        ...{ headTimeoutMs: 0, mayRepeat: false },
      }, NOTHING_COMES_BACK);
      if (giveUp === "abort") exchange.abort();
      else await upstream.close();
      assert.match(await arrived, /the last$/, giveUp);
      await upstream.close();
    });
  }
});

Deno.test("a head that is late, or nobody there, is told", async () => {
  await withRawUpstream(async (connection) => {
    await readRequest(connection);
    await connection.read(new Uint8Array(1));
  }, async (url) => {
    const upstream = new PooledUpstream({ origin: new URL(url).origin });
    const { failure } = await ask(upstream, { headTimeoutMs: 50, mayRepeat: true });
    assert.deepEqual([failure?.isTimeout, failure?.wasSent], [true, true]);
    await upstream.close();
  });
  const port = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { addr } = port;
  port.close();
  const upstream = new PooledUpstream({ origin: `http://127.0.0.1:${addr.port}` });
  assert.deepEqual((await ask(upstream)).failure, {
    ...{ phase: "connect", wasSent: false, isTimeout: false, reason: "connection refused" },
  });
  await upstream.close();
});

Deno.test("an answer that comes before all was sent is read", () =>
  withRawUpstream(async (connection) => {
    await connection.read(new Uint8Array(100));
    await connection.write(bytesOf(ok("too long", "connection: close")));
    while (await connection.read(new Uint8Array(65_536)) !== null);
  }, async (url) => {
    const upstream = new PooledUpstream({ origin: new URL(url).origin });
    const { body } = await ask(upstream, { body: new Uint8Array(20_000_000) });
    assert.equal(body, "too long");
    await upstream.close();
  }));

Deno.test("TLS is verified", async () => {
  const file = (name: string) =>
    Deno.readTextFileSync(new URL(`../../gateway/http/certificates/${name}`, import.meta.url));
  await using server = Deno.serve({
    ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ...{ cert: file("localhost.pem"), key: file("localhost.key") },
  }, () => new Response("safe"));
  const { port } = server.addr, ca = [file("ca.pem")];
  const answers: Answer[] = [];
  const origin = `https://localhost:${port}`;
  for (const options of [{ origin, ca }, { origin }]) {
    const upstream = new PooledUpstream(options);
    answers.push(await ask(upstream));
    await upstream.close();
  }
  assert.equal(answers[0]!.body, "safe");
  assert.match(answers[1]!.failure!.reason, /certificate/);
  assert.equal(answers[1]!.failure!.wasSent, false);
});

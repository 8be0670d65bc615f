import assert from "node:assert/strict";
import { call, json, readRequest, request, result, withHttp, withRawUpstream } from "./fixture.ts";

const encoder = new TextEncoder();
const DENY = `[[rules]]\nid = "no"\ntool = "secret"\naction = "deny"\n`;

/** Sends bytes on a connection of their own; the whole of what comes back. */
async function raw(url: string, ...parts: (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  for (const part of parts) {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    await connection.write(bytes).catch(() => {});
  }
  // Some of these leave the server waiting: what it has said by then is enough.
  const decoder = new TextDecoder(), buffer = new Uint8Array(65_536);
  let text = "";
  const patience = setTimeout(() => connection.closeWrite().catch(() => {}), 300);
  try {
    for (let count; (count = await connection.read(buffer)) !== null;) {
      text += decoder.decode(buffer.subarray(0, count), { stream: true });
      const head = text.indexOf("\r\n\r\n"), length = /content-length: (\d+)/i.exec(text)?.[1];
      if (head >= 0 && length !== undefined && text.length >= head + 4 + Number(length)) break;
    }
  } catch {
    // It was reset: nothing came back.
  }
  clearTimeout(patience);
  return text;
}

const secret = JSON.stringify(call(1, "secret"));
const safe = JSON.stringify(call(1, "safe"));

/** A POST as text. */
function post(body: string | Uint8Array, ...headers: string[]): [string, Uint8Array] {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const given = headers.join("\r\n").toLowerCase();
  const lines = [
    "POST /mcp HTTP/1.1",
    ...given.includes("host:") ? [] : ["host: 127.0.0.1"],
    ...given.includes("content-type") ? [] : ["content-type: application/json"],
    ...given.includes("content-length") || given.includes("transfer-encoding")
      ? []
      : [`content-length: ${bytes.length}`],
    "connection: close",
    ...headers,
  ];
  return [`${lines.join("\r\n")}\r\n\r\n`, bytes];
}

const utf16 = (text: string) => {
  const bytes = new Uint8Array(2 + 2 * text.length);
  bytes.set([0xff, 0xfe]);
  for (let i = 0; i < text.length; i++) bytes[2 + 2 * i] = text.charCodeAt(i);
  return bytes;
};
const utf32 = (text: string) => {
  const bytes = new Uint8Array(4 * text.length);
  for (let i = 0; i < text.length; i++) bytes[4 * i] = text.charCodeAt(i);
  return bytes;
};
async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Bodies that some server may run as `secret`, though they are not one plain call of it. */
const BODIES: Readonly<Record<string, string | Uint8Array>> = {
  "an escaped key": secret.replace('"method"', '"\\u006dethod"'),
  "an escaped name": secret.replace('"secret"', '"\\u0073ecret"'),
  "a duplicate method": `{"method":"ping",${secret.slice(1)}`,
  "a duplicate name": secret.replace('"name"', '"name":"safe","name"'),
  "a folded key": secret.replace('"method"', '"Method"'),
  "a folded name": secret.replace('"name"', '"Name"'),
  "a key with U+017F": secret.replace('"params"', '"param\u017f"'),
  "a method with a space": secret.replace("tools/call", "tools/call "),
  "a method in capitals": secret.replace("tools/call", "Tools/Call"),
  "no id": secret.replace('"id":1,', ""),
  "id null": secret.replace('"id":1', '"id":null'),
  "an id that is a list": secret.replace('"id":1', '"id":[1]'),
  "an id that is no integer": secret.replace('"id":1', '"id":1.5'),
  "an id that is too large": secret.replace('"id":1', '"id":1e400'),
  "no jsonrpc": secret.replace('"jsonrpc":"2.0",', ""),
  "another jsonrpc": secret.replace('"2.0"', '"1.0"'),
  "an extra member": secret.replace('"id":1', '"id":1,"result":{}'),
  "a comment": `/* */${secret}`,
  "a trailing comma": secret.replace(/\}$/, ",}"),
  "single quotes": secret.replaceAll('"', "'"),
  "a second value": `${safe}\n${secret}`,
  "a second value, unseparated": safe + secret,
  "a batch with it": `[${safe},${secret.replace('"id":1', '"id":2')}]`,
  "a batch in a batch": `[[${secret}]]`,
  "a batch of one id twice": `[${safe},${safe}]`,
  "an empty batch": "[]",
  "nothing": "",
  "white space": " \r\n\t",
  "a string": JSON.stringify(secret),
  "a number": "1",
  "NaN": secret.replace("{}", '{"x":NaN}'),
  "a lone surrogate": secret.replace("{}", '{"x":"\\ud800"}'),
  "NUL": secret.replace("{}", '{"x":"\0"}'),
  "a control character": secret.replace("{}", '{"x":"\x01"}'),
  "U+00A0 as white space": `\u00a0${secret}`,
  "U+2028 as white space": `\u2028${secret}`,
  "a form feed as white space": `\f${secret}`,
  "two byte order marks": `\ufeff\ufeff${secret}`,
  "UTF-16": utf16(secret),
  "UTF-32": utf32(secret),
  "bytes that are no UTF-8": encoder.encode(secret).map((byte, i) => i === 30 ? 0xff : byte),
  "half of it": secret.slice(0, -5),
  "deep nesting": secret.replace("{}", `${"[".repeat(500)}${"]".repeat(500)}`),
  "a million brackets": "[".repeat(1_000_000),
  "arguments that are a list": secret.replace("{}", "[]"),
  "arguments that are a string": secret.replace("{}", '"{}"'),
  "params that are a list": secret.replace(/"params":\{.*\}\}/, '"params":["secret"]}'),
  "a name that is a list": secret.replace('"secret"', '["secret"]'),
  "__proto__": secret.replace('"name"', '"__proto__":{"name":"secret"},"name"'),
  "chunks of XML": "<?xml version='1.0'?><call>secret</call>",
};

/** Requests whose headers, or whose form, may make somebody read another body than we did. */
async function forms(): Promise<Readonly<Record<string, readonly (string | Uint8Array)[]>>> {
  const packed = await gzip(secret),
    chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
  return {
    "text/plain": post(secret, "content-type: text/plain"),
    "no content type": [
      `POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${secret.length}\r\n\r\n`,
      encoder.encode(secret),
    ],
    "a content type of another charset": post(
      utf16(secret),
      "content-type: application/json; charset=utf-16le",
    ),
    "UTF-7": post(secret, "content-type: application/json;charset=utf-7"),
    "two content types": post(secret, "content-type: application/json", "content-type: text/plain"),
    "a joined content type": post(secret, "content-type: application/json, text/plain"),
    "a form": post(`body=${secret}`, "content-type: application/x-www-form-urlencoded"),
    "a content type in capitals": post(secret, "content-type: APPLICATION/JSON"),
    "a vendor's JSON": post(secret, "content-type: application/vnd.api+json"),
    "gzip": post(packed, "content-encoding: gzip"),
    "gzip, untold": post(packed),
    "an unknown encoding": post(secret, "content-encoding: x-unknown"),
    "two encodings": post(packed, "content-encoding: identity, gzip"),
    "lengths that differ": post(secret, `content-length: ${secret.length}`, "content-length: 5"),
    "lengths in one header": post(secret, `content-length: ${secret.length}, 5`),
    "a signed length": post(secret, `content-length: +${secret.length}`),
    "a length in hex": post(secret, `content-length: 0x${secret.length.toString(16)}`),
    "a length that is too short": post(secret, "content-length: 20"),
    "a length that is too long": post(secret, `content-length: ${secret.length + 50}`),
    "length and chunks": [
      ...post("", `content-length: ${secret.length}`, "transfer-encoding: chunked"),
      chunk(secret) + "0\r\n\r\n",
    ],
    "chunks": [
      ...post("", "transfer-encoding: chunked"),
      `${chunk(secret.slice(0, 9))}${chunk(secret.slice(9))}0\r\n\r\n`,
    ],
    "chunks with an extension": [
      ...post("", "transfer-encoding: chunked"),
      `${secret.length.toString(16)};a=b\r\n${secret}\r\n0\r\n\r\n`,
    ],
    "chunks that do not end": [...post("", "transfer-encoding: chunked"), chunk(secret)],
    "a chunk of a wrong size": [
      ...post("", "transfer-encoding: chunked"),
      `5\r\n${secret}\r\n0\r\n\r\n`,
    ],
    "an unknown transfer coding": [
      ...post("", "transfer-encoding: gzip, chunked"),
      `${chunk("x")}0\r\n\r\n`,
    ],
    "chunks told twice": [
      ...post("", "transfer-encoding: chunked", "transfer-encoding: identity"),
      `${chunk(secret)}0\r\n\r\n`,
    ],
    "a folded header": post(secret, "x-a: b\r\n c: d"),
    "a space before the colon": post(secret, "transfer-encoding : chunked"),
    "a bare CR in a header": post(secret, "x-a: b\rtransfer-encoding: chunked"),
    "a NUL in a header": post(secret, "x-a: \0"),
    "a method in a query": [
      "GET /mcp?method=tools/call&name=secret HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    ],
    "PUT": [post(secret)[0].replace("POST", "PUT"), encoder.encode(secret)],
    "PATCH": [post(secret)[0].replace("POST", "PATCH"), encoder.encode(secret)],
    "a method that is made up": [post(secret)[0].replace("POST", "CALL"), encoder.encode(secret)],
    "GET with a body": [post(secret)[0].replace("POST", "GET"), encoder.encode(secret)],
    "DELETE with a body": [post(secret)[0].replace("POST", "DELETE"), encoder.encode(secret)],
    "X-HTTP-Method-Override": [
      post(secret, "x-http-method-override: POST")[0].replace("POST", "GET"),
      encoder.encode(secret),
    ],
    "HTTP/1.0": [post(secret)[0].replace("HTTP/1.1", "HTTP/1.0"), encoder.encode(secret)],
    "an absolute target": [
      post(secret)[0].replace("/mcp", "http://127.0.0.1/mcp"),
      encoder.encode(secret),
    ],
    "a target elsewhere": [
      post(secret)[0].replace("/mcp", "http://elsewhere.example/mcp"),
      encoder.encode(secret),
    ],
    "a path with dots": [post(secret)[0].replace("/mcp", "/x/../mcp"), encoder.encode(secret)],
    "a path with %2e": [post(secret)[0].replace("/mcp", "/x/%2e%2e/mcp"), encoder.encode(secret)],
    "two slashes": [post(secret)[0].replace("/mcp", "//mcp"), encoder.encode(secret)],
    "a path in capitals": [post(secret)[0].replace("/mcp", "/MCP"), encoder.encode(secret)],
    "no host": [
      `POST /mcp HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: ${secret.length}\r\n\r\n`,
      encoder.encode(secret),
    ],
    "two hosts": post(secret, "host: 127.0.0.1", "host: evil.example"),
    "another host": post(secret, "host: evil.example"),
    "another origin": post(secret, "origin: http://evil.example"),
    "a smuggled second request": [...post(safe, "x-a: b"), ...post(secret)],
    "a head that does not end": ["POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: "],
    "a head of 100 KB": post(secret, `x-a: ${"a".repeat(100_000)}`),
    "500 headers": post(secret, ...Array.from({ length: 500 }, (_, i) => `x-${i}: 1`)),
    "a lying Mcp-Name": post(secret, "mcp-name: safe"),
    "a lying Mcp-Method": post(secret, "mcp-method: ping"),
    "no HTTP": ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    "HTTP/2 without its preface": ["\0\0\x12\x04\0\0\0\0\0"],
  };
}

Deno.test("serve: nothing hostile is sent on, and a good call after each still works", async () => {
  const upstream = ({ body }: { body: string }) =>
    body.includes("secret")
      ? json(result(1, "SECRET RAN"))
      : json(result(JSON.parse(body || '{"id":null}').id));
  await withHttp({ upstream, policy: DENY }, async ({ url, post: good, seen, rows }) => {
    const all = [
      ...Object.entries(BODIES).map(([name, body]) => [name, post(body)] as const),
      ...Object.entries(await forms()),
    ];
    assert.ok(all.length >= 100, `${all.length} requests`);
    let goods = 0;
    for (const [name, parts] of all) {
      const before = seen.length, answer = await raw(url, ...parts);
      for (const { body } of seen.slice(before)) {
        assert.ok(
          !/secret/i.test(body) && (body === "" || body === safe),
          `${name} went on: ${body}`,
        );
      }
      assert.ok(!answer.includes("SECRET RAN"), name);
      const response = await good(call(++goods, "good"));
      assert.deepEqual(await response.json(), result(goods), `after ${name}`);
    }
    const outcomes = new Set(
      (await rows()).filter(({ tool_name }) => tool_name === "secret").map(({ outcome }) =>
        outcome
      ),
    );
    assert.deepEqual([...outcomes].sort(), ["denied", "malformed"]);
  });
});

Deno.test("serve bounds bodies: by their length, while they come, and in time", () =>
  withHttp({
    upstream: ({ body }) => json(result(JSON.parse(body).id)),
    config: "max_message_bytes = 2048\n",
  }, async ({ url, post: send, seen }) => {
    const sized = (size: number) => {
      const bare = JSON.stringify(call(1, "a", { x: "" }));
      return JSON.stringify(call(1, "a", { x: "x".repeat(size - bare.length) }));
    };
    assert.equal((await send(sized(2048))).status, 200);
    const over = await send(sized(2049));
    assert.equal(over.status, 413);
    assert.match(await over.text(), /max_message_bytes/);
    const chunked = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([sized(4000)]).stream(),
    });
    assert.equal(chunked.status, 413);
    await chunked.body?.cancel();
    assert.equal(seen.length, 1);
  }));

/** Heads and bodies of answers that lie, or are read in more than one way. */
const ANSWERS: Readonly<Record<string, string>> = {
  "length and chunks":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n\r\n",
  "lengths that differ":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}    ",
  "a signed length":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: +2\r\n\r\n{}",
  "a length in hex":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 0x2\r\n\r\n{}",
  "a body shorter than its length":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{}",
  "a bare CR":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx: a\rb: c\r\ncontent-length: 2\r\n\r\n{}",
  "LF alone": "HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 2\n\n{}",
  "a folded header":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\n{}",
  "a space before the colon":
    "HTTP/1.1 200 OK\r\ncontent-type : application/json\r\ncontent-length: 2\r\n\r\n{}",
  "a NUL in a header":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx: \0\r\ncontent-length: 2\r\n\r\n{}",
  "a 204 with a body": "HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n{}",
  "no HTTP": "hello there\r\n\r\n",
  "another protocol": "ICY 200 OK\r\n\r\n",
  "half a head": "HTTP/1.1 200 OK\r\ncontent-ty",
  "nothing at all": "",
  "a chunk of a wrong size":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
  "chunks that do not end":
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
  "gzip that is none": body("{}", "content-encoding: gzip"),
  "br": body("{}", "content-encoding: br"),
  "no JSON": body("<html>sk-abcdefgh</html>"),
  "JSON that is no message": body('{"key":"sk-abcdefgh"}'),
  "a message of another id": body('{"jsonrpc":"2.0","id":99,"result":{"key":"sk-abcdefgh"}}')
    .replace("99", "77"),
  "a duplicate key": body('{"jsonrpc":"2.0","id":1,"id":1,"result":{"key":"sk-abcdefgh"}}'),
  "a lone surrogate": body('{"jsonrpc":"2.0","id":1,"result":{"key":"\\ud800 sk-abcdefgh"}}'),
  "two messages": body(
    '{"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}{"jsonrpc":"2.0","id":1,"result":{}}',
  ),
  "UTF-16": body("\xff\xfe{\0}\0"),
  "a redirect elsewhere":
    "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://elsewhere.example/\r\ncontent-length: 0\r\n\r\n",
  "a redirect to itself":
    "HTTP/1.1 307 Temporary Redirect\r\nlocation: /mcp\r\ncontent-length: 0\r\n\r\n",
  "a stream of lone CRs": stream(
    'data: {"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}\r\r',
  ),
  "a stream with a byte order mark": stream(
    '\xef\xbb\xbfdata: {"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}\n\n',
  ),
  "a stream of other events": stream("event: custom\ndata: sk-abcdefgh\n\n"),
  "a stream of comments": stream(": sk-abcdefgh\n\n"),
  "a stream of unknown fields": stream("secret: sk-abcdefgh\n\n"),
  "a stream that does not end its event": stream(
    'data: {"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}\n',
  ),
  "a stream of broken JSON": stream(
    'data: {"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"\n\n',
  ),
  "a stream with a line in a string": stream(
    'data: {"jsonrpc":"2.0","id":1,"result":{"key":"a\\u2028sk-abcdefgh"}}\n\n',
  ),
  "an error page": body("<html>sk-abcdefgh</html>").replace("200 OK", "502 Bad Gateway").replace(
    "application/json",
    "text/html",
  ),
  "an error that says it is JSON": body("sk-abcdefgh").replace("200 OK", "500 Oh"),
  "an error with a message": body(
    '{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"sk-abcdefgh"}}',
  ).replace("200 OK", "400 Bad"),
  "an unasked 100": `HTTP/1.1 100 Continue\r\n\r\n${
    body('{"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}')
  }`,
  "a body without a length":
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"jsonrpc":"2.0","id":1,"result":{"key":"sk-abcdefgh"}}',
  "a body that is too long": body(
    `{"jsonrpc":"2.0","id":1,"result":{"key":"${"sk-abcdefgh".repeat(500)}"}}`,
  ),
};

function body(text: string, ...headers: string[]): string {
  const lines = [
    "HTTP/1.1 200 OK",
    "content-type: application/json",
    `content-length: ${text.length}`,
    ...headers,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}

function stream(text: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${text}`;
}

Deno.test("serve: no answer comes back unread, and a good call after each still works", async () => {
  let hostile = "";
  const policy = `[[rules]]\nid = "keys"\ntool = "*"\naction = "redact"\npattern = "sk-[a-z]{8}"\n`;
  assert.ok(Object.keys(ANSWERS).length >= 40);
  await withRawUpstream(
    async (connection) => {
      for (let asked; (asked = await readRequest(connection)) !== undefined;) {
        if (asked.includes('"good"')) {
          await connection.write(encoder.encode(body(JSON.stringify(result(2)))));
          continue;
        }
        await connection.write(Uint8Array.from(hostile, (c) => c.charCodeAt(0)));
        return;
      }
    },
    (upstream) =>
      withHttp(
        { upstream, policy, config: "max_message_bytes = 4096\n" },
        async ({ post: send, rows }) => {
          for (const [name, answer] of Object.entries(ANSWERS)) {
            hostile = answer;
            const response = await send(call(1, "bad"), { "x-name": name.replace(/[^ -~]/g, "") });
            const text = await response.text().catch(() => "");
            assert.ok(!text.includes("sk-abcdefgh"), `${name}: ${text}`);
            assert.deepEqual(
              await (await send(call(2, "good"))).json(),
              result(2),
              `after ${name}`,
            );
          }
          const all = await rows();
          assert.equal(all.length, 2 * Object.keys(ANSWERS).length);
          assert.ok(all.every(({ outcome }) => outcome !== "open"));
          assert.ok(!JSON.stringify(all).includes("sk-abcdefgh"));
        },
      ),
  );
});

Deno.test("serve: what an agent sends slowly, or not at all, keeps nobody else from being served", () =>
  withHttp(
    { upstream: ({ body }) => json(result(JSON.parse(body).id)) },
    async ({ url, post: send }) => {
      const { hostname, port } = new URL(url);
      const slow = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
        const connection = await Deno.connect({ hostname, port: Number(port) });
        const part = i % 2 === 0 ? "POST /mcp HTT" : post("x".repeat(100))[0];
        await connection.write(encoder.encode(part));
        return connection;
      }));
      assert.deepEqual(await (await send(request(1, "ping"))).json(), result(1));
      slow.forEach((connection) => connection.close());
    },
  ));

Deno.test("serve ends when it is asked to, whatever an agent has begun and does not go on with", () =>
  withHttp(
    { upstream: ({ body }) => json(result(JSON.parse(body).id)) },
    async ({ url, post: send, served }) => {
      const { hostname, port } = new URL(url);
      const begun = await Promise.all(
        ["POST /mcp HTT", post("x".repeat(100))[0]!, ""].map(async (part) => {
          const connection = await Deno.connect({ hostname, port: Number(port) });
          await connection.write(encoder.encode(part));
          return connection;
        }),
      );
      await (await send(request(1, "ping"))).body?.cancel();
      assert.equal(await served.close(0), true);
      begun.forEach((connection) => connection.close());
    },
  ));

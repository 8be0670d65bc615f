import assert from "node:assert/strict";
import { Message, readMessage } from "../../src/wire/message.ts";
import { Scanner } from "../../src/wire/scan.ts";

function read(line: string) {
  const scanner = new Scanner(), bytes = new TextEncoder().encode(line + "\n");
  const error = scanner.scan(bytes, 0, bytes.length - 1);
  assert.equal(error, undefined, `${line}: ${error?.reason}`);
  return readMessage(scanner, scanner.elements[0]!);
}

const rpc = (rest: string) => `{"jsonrpc":"2.0",${rest}}`;
const call = (params: string, id = "1") =>
  rpc(`"id":${id},"method":"tools/call","params":${params}`);

Deno.test("readMessage takes requests, notifications and responses", () => {
  for (
    const [line, kind, id] of [
      [rpc('"id":1,"method":"ping"'), "request", 1],
      [rpc('"id":"a","method":"ping","params":{}'), "request", "a"],
      [rpc('"id":"","method":"ping"'), "request", ""],
      [rpc('"id":-0,"method":"ping"'), "request", 0],
      [rpc('"id":9007199254740991,"method":"ping"'), "request", 9007199254740991],
      [rpc('"id":-9007199254740991,"method":"ping"'), "request", -9007199254740991],
      ['{"id":1,"method":"ping","\\u006asonrpc":"\\u0032.0"}', "request", 1],
      [rpc('"method":"notifications/x"'), "notification", null],
      [rpc('"id":1,"result":{}'), "response", 1],
      [rpc('"id":1,"result":null'), "response", 1],
      [rpc('"id":1,"error":{"code":-1,"message":"m","data":[1]}'), "response", 1],
      [rpc('"id":null,"error":{"code":-32700,"message":"m"}'), "response", null],
      [rpc('"error":{"code":-32700,"message":"m"}'), "response", null],
      [call('{"name":"bash","arguments":{"PATH":1,"path":2,"__proto__":3}}'), "request", 1],
      [call('{"name":"bash","arguments":null,"_meta":{"progressToken":1}}'), "request", 1],
      [call('{"name":"bash","inputResponses":{},"requestState":"x","fooBar":1}'), "request", 1],
    ] as const
  ) {
    const message = read(line);
    assert.ok(message instanceof Message, `${line}: ${JSON.stringify(message)}`);
    assert.equal(message.kind, kind);
    assert.equal(message.id, id);
  }
});

Deno.test("readMessage refuses every other shape", () => {
  for (
    const line of [
      "{}",
      '{"id":1,"method":"ping"}',
      '{"jsonrpc":"1.0","id":1,"method":"ping"}',
      '{"jsonrpc":2.0,"id":1,"method":"ping"}',
      rpc('"id":1'),
      rpc('"id":1,"method":"ping","result":{}'),
      rpc('"id":1,"method":"ping","extra":1'),
      rpc('"id":1,"Method":"ping"'),
      rpc('"id":1,"method":"ping","Method":"tools/call"'),
      rpc('"id":1,"result":{},"error":{"code":1,"message":"m"}'),
      rpc('"id":1,"params":{}'),
      rpc('"result":{}'),
      rpc('"id":null,"result":{}'),
      rpc('"id":1,"error":"no"'),
      rpc('"id":1,"error":{"message":"m"}'),
      rpc('"id":1,"error":{"code":1.5,"message":"m"}'),
      rpc('"id":1,"error":{"code":"1","message":"m"}'),
      rpc('"id":1,"error":{"code":1}'),
      rpc('"id":1,"method":7'),
      rpc('"id":1,"method":""'),
      rpc('"id":1,"method":"a\\u0000"'),
      rpc('"id":1,"method":"\\ud800"'),
      rpc('"id":1,"method":"\\ufeffping"'),
      rpc('"id":1,"method":"Tools/Call"'),
      rpc('"id":1,"method":" tools/call "'),
      rpc('"id":1,"method":"tools/call\\u200b"'),
      rpc('"id":1,"method":"\\u2060tools/\\u00a0Call"'),
      rpc('"id":1,"method":"tools\\uff0fcall"'),
      rpc('"id":1,"method":"ping","params":[]'),
      rpc('"id":1,"method":"ping","params":null'),
      rpc('"id":1,"method":"ping","params":"{}"'),
      rpc('"id":1,"method":"ping","params":{"a":1,"A":2}'),
      rpc('"id":1,"method":"ping","params":{"\\u017f":1,"s":2}'),
      rpc('"id":1,"method":"ping","params":{"\\u212a":1,"k":2}'),
      rpc('"id":1,"method":"ping","params":{"a\\u0000":1}'),
      rpc('"id":1,"method":"ping","params":{"__proto__":1}'),
      rpc('"id":1,"method":"ping","params":{"\\ud800":1}'),
      rpc('"method":"tools/call","params":{"name":"bash"}'),
      rpc('"id":null,"method":"tools/call","params":{"name":"bash"}'),
      rpc('"id":1,"method":"tools/call"'),
      call("{}"),
      ...["[]", '[{"command":"rm"}]', '"{}"', "1", "true"].map((args) =>
        call(`{"name":"bash","arguments":${args}}`)
      ),
      call('{"name":["bash"]}'),
      call('{"name":1}'),
      call('{"name":"ba\\u0000sh"}'),
      call('{"name":"ba\\ud800sh"}'),
      call('{"Name":"bash"}'),
      call('{"name":"echo","Arguments":{}}'),
      call('{"name":"echo","inputresponses":{}}'),
      call('{"name":"echo","requeststate":"x"}'),
      call('{"name":"echo","argument\\u017f":{}}'),
    ]
  ) assert.ok(!(read(line) instanceof Message), line);
});

Deno.test("readMessage takes no id but a string or a safe integer", () => {
  for (
    const id of [
      "1.0",
      "1e0",
      "1.5",
      "1e400",
      "9007199254740992",
      "-9007199254740992",
      "99999999999999999999",
      "true",
      "null",
      "[]",
      "{}",
      '"a\\u0000"',
      '"\\ud800"',
    ]
  ) assert.ok(!(read(call('{"name":"x"}', id)) instanceof Message), id);
});

Deno.test("Message reads members of its body in place", () => {
  const message = read(call('{"name":"x", "arguments" : {"a": [1, 2]} ,"_meta":{"k":1.0}}'));
  assert.ok(message instanceof Message);
  const text = (name: string) => {
    const bytes = message.member(new TextEncoder().encode(name));
    return bytes === null ? null : new TextDecoder().decode(bytes);
  };
  assert.equal(text("arguments"), '{"a": [1, 2]}');
  assert.equal(text("_meta"), '{"k":1.0}');
  assert.equal(text("a"), null);
});

import assert from "node:assert/strict";
import { MAX_DEPTH, type ScanError, Scanner } from "../../src/wire/scan.ts";

const encoder = new TextEncoder();

function scan(line: string | Uint8Array): ScanError | undefined {
  const bytes = typeof line === "string" ? encoder.encode(line) : line;
  const framed = new Uint8Array(bytes.length + 1);
  framed.set(bytes);
  framed[bytes.length] = 0x0a;
  return new Scanner().scan(framed, 0, bytes.length);
}

/** Bytes of `{"a":"…"}` around raw bytes. */
function around(...raw: number[]): Uint8Array {
  return new Uint8Array([...encoder.encode('{"a":"'), ...raw, ...encoder.encode('"}')]);
}

Deno.test("Scanner accepts every form of JSON value", () => {
  for (
    const value of [
      '""',
      '"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"',
      "0",
      "-0",
      "12",
      "-1.5",
      "1e5",
      "1E+5",
      "0.10e-2",
      "1e999",
      "9007199254740993",
      "true",
      "false",
      "null",
      "[]",
      "{}",
      "[ ]",
      "{ }",
      '[1,[2,{"b":[]}]]',
      '"\\ud800"',
      '"é日本🎉"',
    ]
  ) {
    assert.equal(scan(`{"a":${value}}`), undefined, value);
    assert.equal(scan(` { "a" :\t${value} , "b" : [ ${value} ] } `), undefined, value);
  }
});

Deno.test("Scanner refuses what is not one JSON value", () => {
  for (
    const line of [
      "{",
      '{"a"',
      '{"a":',
      '{"a":1',
      '{"a":1,',
      '{"a":1,}',
      '{,"a":1}',
      '{"a":1}}',
      '{"a":1}{"b":2}',
      '{"a":1} x',
      "[{}",
      "[{},]",
      '{"a" 1}',
      "{a:1}",
      "{'a':1}",
      '{"a":01}',
      '{"a":+1}',
      '{"a":.5}',
      '{"a":1.}',
      '{"a":1e}',
      '{"a":1e+}',
      '{"a":-}',
      '{"a":0x1}',
      '{"a":NaN}',
      '{"a":Infinity}',
      '{"a":tru}',
      '{"a":nul}',
      '{"a":"\\x"}',
      '{"a":"\\u12g4"}',
      '{"a":"\\u123"}',
      '{"a":"x}',
      '{"a":"\t"}',
      '{"a":"\u0000"}',
      '{"a":\r1}',
      '{"a":1}\r\r',
      '{"a":\f1}',
      '{"a":\u00a01}',
      '\ufeff{"a":1}',
      'xx{"a":1}',
      '{"a":[1}',
      '{"a":{]}',
      '"text"',
      "1",
      "null",
      "//",
      '{"a":1/**/}',
    ]
  ) {
    assert.equal(scan(line)?.kind, "syntax", JSON.stringify(line));
  }
});

Deno.test("Scanner takes exactly the UTF-8 of RFC 3629", () => {
  for (
    const good of [
      [0x7f],
      [0xc2, 0x80],
      [0xdf, 0xbf],
      [0xe0, 0xa0, 0x80],
      [0xed, 0x9f, 0xbf],
      [0xee, 0x80, 0x80],
      [0xf0, 0x90, 0x80, 0x80],
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xe2, 0x80, 0xa8],
    ]
  ) assert.equal(scan(around(...good)), undefined, good.join());
  for (
    const bad of [
      [0x80],
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xc2],
      [0xc2, 0x41],
      [0xe0, 0x9f, 0xbf],
      [0xed, 0xa0, 0x80],
      [0xe2, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xff],
    ]
  ) assert.equal(scan(around(...bad))?.reason, "not valid UTF-8", bad.join());
});

Deno.test("Scanner refuses duplicate keys at any depth, after unescaping", () => {
  for (
    const line of [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":2}',
      '{"\\u0061":1,"a":2}',
      '{"\\u0061":1,"\\u0061":2}',
      '{"x":{"y":[{"b":1,"c":2,"b":3}]}}',
      '{"":1,"":2}',
      '{"é":1,"\\u00e9":2}',
    ]
  ) assert.deepEqual(scan(line)?.reason, "duplicate key", line);
  assert.equal(scan('{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],"A":1}'), undefined);
});

Deno.test("Scanner finds one duplicate among many keys, and forgets them between lines", () => {
  const keys = Array.from({ length: 50_000 }, (_, i) => `"k${i}":${i}`);
  const scanner = new Scanner();
  for (let round = 0; round < 2; round++) {
    const good = encoder.encode(`{${keys.join()}}\n`);
    assert.equal(scanner.scan(good, 0, good.length - 1), undefined);
    const bad = encoder.encode(`{${keys.join()},"k7":0}\n`);
    assert.equal(scanner.scan(bad, 0, bad.length - 1)?.reason, "duplicate key");
  }
});

Deno.test("Scanner keeps the keys of open objects apart at every depth", () => {
  const inner = (depth: number): string =>
    depth === 0 ? "1" : `{"a":0,"b":0,"c":0,"d":0,"e":${inner(depth - 1)},"f":0}`;
  assert.equal(scan(inner(MAX_DEPTH)), undefined);
});

Deno.test("Scanner reads MAX_DEPTH levels and refuses one more", () => {
  const nested = (depth: number) => '{"a":' + "[".repeat(depth - 1) + "]".repeat(depth - 1) + "}";
  assert.equal(scan(nested(MAX_DEPTH)), undefined);
  assert.equal(scan(nested(MAX_DEPTH + 1))?.kind, "structure");
  assert.equal(scan('{"a":'.repeat(1_000_000))?.kind, "structure");
});

Deno.test("Scanner tells the messages of a batch apart", () => {
  const scanner = new Scanner();
  const bytes = encoder.encode('[{"a":1}, {"b":{"c":2}}]\n');
  assert.equal(scanner.scan(bytes, 0, bytes.length - 1), undefined);
  assert.equal(scanner.batch, true);
  assert.deepEqual(scanner.elements, [
    { start: 1, end: 8, from: 0, to: 1 },
    { start: 10, end: 23, from: 1, to: 3 },
  ]);
  for (const line of ["[]", "[1]", '[{},"x"]', "[[{}]]", "[{},[]]", "[null]"]) {
    assert.equal(scan(line)?.kind, "structure", line);
  }
});

Deno.test("Scanner finds members by their decoded names", () => {
  const scanner = new Scanner();
  const bytes = encoder.encode('{"p":{"x":1,"\\u006eame": "v" },"q":{"name":2}}\n');
  assert.equal(scanner.scan(bytes, 0, bytes.length - 1), undefined);
  const { to } = scanner.elements[0]!;
  const at = scanner.find(1, to, 2, encoder.encode("name"));
  const value = bytes.subarray(scanner.valueStart(at), scanner.valueEnd(at));
  assert.equal(new TextDecoder().decode(value), '"v"');
  assert.equal(scanner.find(1, to, 2, encoder.encode("y")), -1);
});

Deno.test("Scanner takes line ends between tokens in a body, and nowhere in a line", () => {
  const text =
    '\r\n{\n\t"jsonrpc": "2.0",\r\n "params" : {\n"a"\n:\n[ 1 ,\n2\n] , "b": -1\n}\n}\r\n';
  const bytes = encoder.encode(text), scanner = new Scanner();
  assert.equal(scanner.scan(bytes, 0, bytes.length, true), undefined);
  const value = (from: number, level: number, name: string) => {
    const index = scanner.find(from, scanner.elements[0]!.to, level, encoder.encode(name));
    return text.slice(scanner.valueStart(index), scanner.valueEnd(index));
  };
  assert.equal(value(0, 1, "jsonrpc"), '"2.0"');
  assert.equal(value(2, 2, "a"), "[ 1 ,\n2\n]");
  assert.equal(value(2, 2, "b"), "-1");
  assert.equal(text.slice(scanner.elements[0]!.start, scanner.elements[0]!.end), text.trim());
  assert.equal(scan('{\n"a":1}')?.kind, "syntax");
  assert.equal(scan('{"a":\r1}')?.kind, "syntax");
});

Deno.test("Scanner takes no line end in a string of a body, and reads nothing behind a body", () => {
  const inBody = (text: string, behind = "") => {
    const bytes = encoder.encode(text + behind);
    return new Scanner().scan(bytes, 0, encoder.encode(text).length, true);
  };
  assert.equal(inBody('{"a":"x\ny"}')?.kind, "syntax");
  assert.equal(inBody('{"a":1}\n{"b":2}')?.kind, "syntax");
  assert.equal(inBody('{"a":1} \n', '\n{"b":2}'), undefined);
  for (const behind of ["}", "1}", '"}', " }"]) {
    assert.equal(inBody('{"a":1', behind)?.kind, "syntax", behind);
  }
  // A body says nothing of the line after it.
  const scanner = new Scanner(), body = encoder.encode('{\n"a":1}');
  assert.equal(scanner.scan(body, 0, body.length, true), undefined);
  assert.equal(scanner.scan(body, 0, body.length)?.kind, "syntax");
});

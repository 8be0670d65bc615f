import assert from "node:assert/strict";
import fc from "fast-check";
import { answer, call, Harness, request } from "./harness.ts";

const encoder = new TextEncoder();

const seeds = [
  call(1, "bash", { command: "rm -rf /", n: [1.0, -0, 1e5], deep: [[{ a: [{}] }]] }),
  call("s-é", "read_file", { path: "/tmp/日本", PATH: 1, path2: null }),
  request(2, "initialize", { clientInfo: { name: "c", version: "1" }, protocolVersion: "x" }),
  '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}\n',
  `[${call(3).trim()},${request(4, "ping").trim()}]\n`,
  answer(1, { content: [{ type: "text", text: 'quote " \\ \u2028 \ud83d\ude00' }] }),
  '{"id":5,"jsonrpc":"2.0","error":{"code":-1,"message":"m","data":{"x":true}}}\n',
  '{ "jsonrpc" : "2.0" , "id" : 6 , "\\u006dethod" : "tools/call" , "params":{"name":"x"}}\r\n',
].map((line) => encoder.encode(line));

/** Bytes that matter to the scanner more often than chance would have it. */
const spice = fc.constantFrom(
  ...encoder.encode('{}[]",:\\\r\n\0 \t0123456789-+.eEtfnu_AaMm/'),
  0x80,
  0xc2,
  0xed,
  0xff,
);

type Edit = {
  at: number;
  kind: "set" | "insert" | "delete" | "copy";
  byte: number;
  length: number;
};
const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(400),
  kind: fc.constantFrom("set", "insert", "delete", "copy"),
  byte: spice,
  length: fc.integer({ min: 1, max: 30 }),
});

function mutate(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const out = [...bytes];
  for (const { at: wish, kind, byte, length } of edits) {
    const at = wish % (out.length + 1);
    if (kind === "set") out[Math.min(at, out.length - 1)] = byte;
    else if (kind === "insert") out.splice(at, 0, byte);
    else if (kind === "delete") out.splice(at, length);
    else out.splice(at, 0, ...out.slice(at, at + length));
    if (out.length === 0) out.push(byte);
  }
  return new Uint8Array(out);
}

const stream = fc.array(
  fc.tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 })),
  { minLength: 1, maxLength: 6 },
).map((lines) => {
  const parts = lines.map(([seed, edits]) => mutate(seed, edits));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length + 1, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
    whole[at++] = 0x0a;
  }
  return whole;
});

const cuts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

/** What JSON.parse makes of the messages of a line, strictly decoded. */
// deno-lint-ignore no-explicit-any
function messagesOf(line: string): any[] {
  const value = JSON.parse(line);
  return Array.isArray(value) ? value : [value];
}

/** What holds for whatever came out: as it came, well-formed, and one record a call. */
function check(h: Harness, out: { server: string; agent: string }, sent: Uint8Array): void {
  assert.deepEqual(h.refused.filter((reason) => reason.startsWith("fault")), []);
  const input = new TextDecoder().decode(sent);
  for (const line of (out.server + out.agent).split("\n").filter(Boolean)) {
    const own = line.includes("Nothing was executed") || line.includes("was refused");
    if (!own) assert.ok(input.includes(line), `not as it came: ${line}`);
    for (const message of messagesOf(line)) assert.equal(message.jsonrpc, "2.0");
  }
  const started = h.events.filter((type) => type === "call_started").length;
  const stillOpen = callsIn(out.server).length -
    h.ended.filter((call) => call.outcome === "cancelled").length;
  assert.equal(started, h.ended.length + stillOpen);
}

/** The calls among the lines that reached the server. */
function callsIn(server: string) {
  return server.split("\n").filter(Boolean).flatMap(messagesOf)
    .filter((message) => message.method === "tools/call");
}

Deno.test("Session forwards only what JSON.parse reads the same, whatever the agent sends", () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, sizes) => {
      const whole = new Harness(), cutUp = new Harness();
      const out = whole.agent(bytes.slice());
      assert.deepEqual(cutUp.agent(...cut(bytes, sizes)), out);
      check(whole, out, bytes);
      for (const message of callsIn(out.server)) {
        assert.equal(typeof message.params.name, "string");
        assert.ok(["string", "number"].includes(typeof message.id));
      }
      const good = call("after");
      assert.equal(whole.agent(good).server, good);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Session gives the agent only what JSON.parse reads, whatever the server sends", () => {
  fc.assert(
    fc.property(stream, cuts, (bytes, sizes) => {
      const whole = new Harness(), cutUp = new Harness();
      for (const h of [whole, cutUp]) h.agent(call(1, "first"), request(5, "resources/list"));
      const out = whole.server(bytes.slice());
      assert.deepEqual(cutUp.server(...cut(bytes, sizes)), out);
      for (const line of out.agent.split("\n").filter(Boolean)) {
        for (const message of messagesOf(line)) assert.equal(message.jsonrpc, "2.0");
      }
      assert.ok(whole.ended.length <= 1);
      whole.agent(call("after"));
      const good = answer("after");
      assert.equal(whole.server(good).agent, good);
    }),
    { numRuns: 3000 },
  );
});

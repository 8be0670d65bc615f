import assert from "node:assert/strict";
import { LineFramer } from "../../src/transport/lines.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

function frame(maxBytes: number, chunks: readonly (string | Uint8Array)[]) {
  const seen: string[] = [];
  const framer = new LineFramer(maxBytes, {
    line: (bytes, start, end) => seen.push(decoder.decode(bytes.subarray(start, end))),
    oversized: (head, tail, total) =>
      seen.push(
        `over ${total} ${decoder.decode(head).slice(0, 4)} ${decoder.decode(tail).slice(-4)}`,
      ),
  });
  for (const chunk of chunks) {
    framer.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  }
  return { seen, held: framer.held.length };
}

Deno.test("LineFramer cuts at LF, drops one CR before it and skips empty lines", () => {
  assert.deepEqual(frame(100, ["a\nb\r\n\n\r\nc\r\r\nd"]), { seen: ["a", "b", "c\r"], held: 1 });
});

Deno.test("LineFramer gives the same lines however the bytes are cut", () => {
  const whole = "first\nzweite é\r\n日本\n" + "x".repeat(70) + "\nlast\n";
  const expected = frame(100, [whole]).seen;
  const bytes = encoder.encode(whole);
  for (let size = 1; size < bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
    assert.deepEqual(frame(100, chunks).seen, expected, `chunks of ${size}`);
  }
});

Deno.test("LineFramer takes maxBytes and refuses one more, however cut, and goes on", () => {
  const fits = "a".repeat(8), over = "b".repeat(4) + "c".repeat(5);
  const whole = `${fits}\n${fits}\r\n${over}\n${over}\r\nok\n`;
  const bytes = encoder.encode(whole);
  for (let size = 1; size <= bytes.length; size++) {
    const chunks: Uint8Array[] = [];
    for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
    const { seen, held } = frame(8, chunks);
    assert.deepEqual(seen.map((line) => line.slice(0, 4)), ["aaaa", "aaaa", "over", "over", "ok"]);
    assert.equal(held, 0);
  }
});

Deno.test("LineFramer keeps head and tail of an oversized line, not its middle", () => {
  const { seen } = frame(1000, ["head" + "x".repeat(996), "y".repeat(5_000_000), "tail\nok\n"]);
  assert.deepEqual(seen, ["over 5001004 head tail", "ok"]);
});

Deno.test("LineFramer leaves the views of a chunk alone until the next chunk", () => {
  const views: Uint8Array[] = [];
  const framer = new LineFramer(1 << 20, {
    line: (bytes, start, end) => views.push(bytes.subarray(start, end)),
    oversized: () => {},
  });
  framer.push(encoder.encode("begin"));
  framer.push(encoder.encode("-end\nsecond-begin" + "z".repeat(200_000)));
  assert.equal(decoder.decode(views[0]), "begin-end");
  framer.push(encoder.encode("!\nthird"));
  assert.equal(decoder.decode(views[1]), "second-begin" + "z".repeat(200_000) + "!");
});

Deno.test("LineFramer goes on after a long line with short ones, cut anywhere", () => {
  const long = "x".repeat(300_000),
    lines = [long, ...Array.from({ length: 40 }, (_, n) => `l${n}`)];
  const bytes = encoder.encode([...lines, long, "end", ""].join("\n"));
  for (const size of [7, 1000, 65_536]) {
    const chunks: Uint8Array[] = [];
    for (let i = 0; i < bytes.length; i += size) chunks.push(bytes.slice(i, i + size));
    assert.deepEqual(frame(1 << 20, chunks).seen, [...lines, long, "end"], `chunks of ${size}`);
  }
});

Deno.test("LineFramer keeps the room of long lines while they come, and gives it back then", () => {
  const framer = new LineFramer(1 << 24, { line: () => {}, oversized: () => {} });
  const room = () => framer.held.buffer.byteLength, least = room();
  const say = (line: string) => {
    for (let i = 0; i < line.length; i += 65_536) {
      framer.push(encoder.encode(line.slice(i, i + 65_536)));
    }
  };
  say("x".repeat(300_000) + "\n");
  const large = room();
  assert.ok(large > least);
  for (let n = 0; n < 5; n++) say("x".repeat(300_000) + "\n");
  assert.equal(room(), large, "the same room for all of them");
  for (let n = 0; n < 40; n++) say("short\n");
  assert.equal(room(), least);
  say("x".repeat(8_000_000) + "\n");
  say("short\n");
  assert.equal(room(), least, "that much is not kept at all");
});

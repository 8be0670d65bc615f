import assert from "node:assert/strict";
import { type SseEvent, SseReader } from "../../../src/transport/http/sse_reader.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Events of a text, whatever chunks it comes in. */
function read(text: string | Uint8Array, size = Infinity, maxBytes = 1000): unknown[] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text, events: unknown[] = [];
  const reader = new SseReader(maxBytes, {
    event: ({ raw, type, id, retry, data, comments, isPlain }: SseEvent) =>
      events.push({
        raw: decoder.decode(raw),
        type,
        id,
        retry,
        data: data && decoder.decode(data),
        comments: [...comments],
        isPlain,
      }),
    oversized: (head, length) => events.push({ oversized: head.length === length && length }),
  });
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.slice(at, at + size));
  return events;
}

/** A CR at the end of a chunk may leave its LF to the next: the bytes differ by that. */
const withoutBytes = (event: unknown) => ({ ...event as object, raw: "", isPlain: null });

const event = (raw: string, over: object) => ({
  raw,
  type: null,
  id: null,
  retry: null,
  data: null,
  comments: [],
  isPlain: true,
  ...over,
});

Deno.test("SseReader reads every field, by LF and CRLF", () => {
  for (const end of ["\n", "\r\n"]) {
    const raw = `event: message${end}id: 7${end}retry: 20${end}data: {"a":1}${end}${end}`;
    assert.deepEqual(read(raw), [
      event(raw, { type: "message", id: "7", retry: "20", data: '{"a":1}' }),
    ]);
  }
});

Deno.test("SseReader reads the same whatever chunks a stream comes in", () => {
  const text = "\ufeffdata: é\n\n: hello\n\nid: 1\ndata:\n\ndata: a\ndata:b\n\n\n\n" +
    "event: x\r\ndata:  two\r\n\r\ndata: cr\r\rid: 2\revent: y\rdata: z\r\rdata: cut off\n";
  const bytes = encoder.encode(text), whole = read(bytes);
  assert.deepEqual(whole, [
    event("data: é\n\n", { data: "é" }),
    event(": hello\n\n", { comments: [": hello"] }),
    event("id: 1\ndata:\n\n", { id: "1", data: "" }),
    event("data: a\ndata:b\n\n", { data: "a\nb", isPlain: false }),
    event("event: x\r\ndata:  two\r\n\r\n", { type: "x", data: " two" }),
    event("data: cr\r\r", { data: "cr", isPlain: false }),
    event("id: 2\revent: y\rdata: z\r\r", { id: "2", type: "y", data: "z", isPlain: false }),
  ]);
  for (let size = 1; size < bytes.length; size++) {
    assert.deepEqual(read(bytes, size).map(withoutBytes), whole.map(withoutBytes), `by ${size}`);
  }
});

Deno.test("SseReader takes the last of two types and ids, and no id with a NUL", () => {
  const raw = "event: a\nevent: message\nid: 1\nid: 2\nid: 3\0\ndata: x\n\n";
  assert.deepEqual(read(raw), [
    event(raw, { type: "message", id: "2", data: "x", isPlain: false }),
  ]);
});

Deno.test("SseReader reads no further than an event that is too long", () => {
  const events = read(`data: ok\n\ndata: ${"x".repeat(2000)}\n\ndata: late\n\n`, 50, 100);
  assert.equal(events.length, 2);
  assert.deepEqual(events[1], { oversized: 140 });
  assert.equal(read(`data: ${"x".repeat(500)}\n\n`, 50, 507).length, 1);
});

Deno.test("SseReader reads an event of many chunks once", () => {
  // Read anew with each chunk, this would take minutes.
  const long = "x".repeat(20_000_000);
  assert.equal(read(`data: ${long}\n\n`, 1000, 30_000_000).length, 1);
});

import assert from "node:assert/strict";
import { SendBuffer } from "../../src/transport/send_buffer.ts";

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** All that waits, written at once. */
function take(buffer: SendBuffer): string {
  let text = "";
  for (let bytes = buffer.next(); bytes !== undefined; bytes = buffer.next()) {
    text += decoder.decode(bytes);
    buffer.wrote(bytes.length);
  }
  return text;
}

Deno.test("SendBuffer gives neighbouring lines of a chunk as the chunk, uncopied", () => {
  const chunk = encoder.encode("one\ntwo\nthree\n"), buffer = new SendBuffer();
  buffer.forward(chunk, 0, 3, []);
  buffer.forward(chunk, 4, 7, []);
  const bytes = buffer.next()!;
  assert.equal(decoder.decode(bytes), "one\ntwo\n");
  assert.equal(bytes.buffer, chunk.buffer);
});

Deno.test("SendBuffer ends each text with a line feed, whatever stood there", () => {
  const buffer = new SendBuffer();
  buffer.forward(encoder.encode("a\r\nb"), 0, 1, []);
  buffer.forward(encoder.encode("b"), 0, 1, []);
  buffer.say("{}");
  assert.equal(take(buffer), "a\nb\n{}\n");
});

Deno.test("SendBuffer splices edits into a text", () => {
  const buffer = new SendBuffer(), line = encoder.encode("0123456789\n");
  const edit = (start: number, end: number, text: string) => ({
    start,
    end,
    replacement: encoder.encode(text),
  });
  buffer.forward(line, 0, 10, [edit(1, 4, "abc"), edit(4, 4, "-"), edit(8, 9, "")]);
  assert.equal(take(buffer), "0abc-45679\n");
});

Deno.test("SendBuffer gives the rest of what was written in part before what came later", () => {
  const buffer = new SendBuffer();
  buffer.say("first");
  buffer.next();
  buffer.wrote(2);
  buffer.say("second");
  assert.equal(buffer.queued, 11);
  assert.equal(decoder.decode(buffer.next()), "rst\n");
  assert.equal(take(buffer), "rst\nsecond\n");
  assert.deepEqual([buffer.queued, buffer.progress], [0, 13]);
});

Deno.test("SendBuffer drops texts of our own beyond its bound, and never what is forwarded", () => {
  const buffer = new SendBuffer(6);
  buffer.say("12345");
  buffer.say("x");
  buffer.forward(encoder.encode("forwarded"), 0, 9, []);
  assert.equal(take(buffer), "12345\nforwarded\n");
  buffer.say("123456");
  assert.equal(buffer.queued, 0);
});

Deno.test("SendBuffer drops everything once it is closed", () => {
  const buffer = new SendBuffer();
  buffer.say("a");
  buffer.next();
  buffer.close();
  buffer.say("b");
  buffer.forward(encoder.encode("c"), 0, 1, []);
  assert.deepEqual([buffer.next(), buffer.queued], [undefined, 0]);
});

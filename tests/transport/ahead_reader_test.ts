import assert from "node:assert/strict";
import { AheadReader } from "../../src/transport/stdio/ahead_reader.ts";

/** Reads of these sizes, whose bytes count up, and then the end, or a fault. */
function source(sizes: readonly number[], fault?: Error) {
  let i = 0, next = 0;
  return (buffer: Uint8Array) => {
    const size = sizes[i++];
    if (size === undefined && fault !== undefined) return Promise.reject(fault);
    if (size === undefined) return Promise.resolve(null);
    for (let at = 0; at < size; at++) buffer[at] = next++ % 251;
    return Promise.resolve(size);
  };
}

Deno.test("AheadReader gives every byte in order, whoever is faster", async () => {
  const sizes = Array.from({ length: 300 }, (_, i) => 1 + i * 97 % 60_000);
  const reader = new AheadReader(source(sizes));
  const running = reader.run(() => {});
  let count = 0;
  for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
    for (const byte of chunk) assert.equal(byte, count++ % 251);
    if (count % 7 === 0) await new Promise((done) => setImmediate(done));
  }
  await running;
  assert.equal(count, sizes.reduce((sum, size) => sum + size, 0));
  assert.equal(await reader.next(), null);
});

Deno.test("AheadReader tells of the end, or a fault, though nobody has taken what came before", async () => {
  for (const fault of [undefined, new Error("broken")]) {
    const reader = new AheadReader(source([10, 20], fault));
    await new Promise<void>((ended) => reader.run(ended));
    assert.equal((await reader.next())?.length, 10);
    assert.equal((await reader.next())?.length, 20);
    assert.equal(await reader.next(), null);
  }
});

Deno.test("AheadReader reads no more than its bound ahead", async () => {
  let reads = 0;
  const reader = new AheadReader((buffer) => Promise.resolve((reads++, buffer.length)));
  reader.run(() => {});
  const settle = async () => {
    for (let i = 0; i < 100; i++) await Promise.resolve();
  };
  await settle();
  assert.equal(reads, 16);
  await reader.next();
  await settle();
  assert.equal(reads, 17);
});

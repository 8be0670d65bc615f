import assert from "node:assert/strict";
import { StreamGarbage } from "../../../src/transport/http/stream_garbage.ts";

const CROWD = 500;

Deno.test("garbage is collected once a crowd of streams has come, and once it has gone", async () => {
  let collections = 0, next = Promise.withResolvers<void>();
  const garbage = new StreamGarbage(() => {
    collections++;
    next.resolve();
  }, 1);
  for (const crowd of [1, 2]) {
    next = Promise.withResolvers();
    for (let n = 0; n < CROWD; n++) garbage.noted();
    await next.promise;
    assert.equal(collections, crowd);
  }
  for (let n = 1; n < CROWD; n++) garbage.noted();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(collections, 2, "those are fewer");
  garbage.stop();
  for (let n = 0; n < CROWD; n++) garbage.noted();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(collections, 2, "nothing is left to do it");
});

Deno.test("what V8 is asked for is a collection of all garbage", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const registry = new FinalizationRegistry(() => resolve());
  registry.register({ nobody: "keeps it" }, null);
  const garbage = new StreamGarbage(undefined, 1);
  for (let n = 0; n < CROWD; n++) garbage.noted();
  const keepsWaiting = setInterval(() => {}, 1000);
  await promise;
  clearInterval(keepsWaiting);
  garbage.stop();
});

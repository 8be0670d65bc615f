import assert from "node:assert/strict";
import { join } from "node:path";
import { FileWatcher } from "../../src/policy/watcher.ts";

Deno.test("FileWatcher waits until a file that is written piece by piece stays as it is", async () => {
  const folder = await Deno.makeTempDir();
  const file = join(folder, "policy.toml");
  try {
    await Deno.writeTextFile(file, "one");
    const seen: string[] = [];
    const told = Promise.withResolvers<void>();
    const watcher = new FileWatcher([file], () => {
      seen.push(Deno.readTextFileSync(file));
      told.resolve();
    });
    try {
      using handle = await Deno.open(file, { write: true, truncate: true });
      let whole = "";
      // Pieces that come faster than the watcher's two looks, for longer than it waits for quiet.
      for (let i = 0; i < 40; i++) {
        const piece = `line ${i}\n`;
        whole += piece;
        await handle.write(new TextEncoder().encode(piece));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await told.promise;
      assert.deepEqual(seen, [whole]);
    } finally {
      watcher.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

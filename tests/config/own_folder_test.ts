import assert from "node:assert/strict";
import { join } from "node:path";
import { tightenOwnFolder } from "../../src/config/own_folder.ts";

/** Modes of the folder before and after, by where it is and what it is to the user. */
const FOLDERS: Readonly<Record<string, readonly [number, number]>> = {
  ".agentgate": [0o755, 0o700],
  "group": [0o770, 0o700],
  "private": [0o500, 0o500],
  "shared": [0o1777, 0o1777],
  "home": [0o755, 0o755],
};

for (const [name, [before, after]] of Object.entries(FOLDERS)) {
  Deno.test({
    name: `tightenOwnFolder makes ${name} ${after.toString(8)} when it was ${before.toString(8)}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const root = await Deno.makeTempDir();
      try {
        const folder = join(root, name);
        await Deno.mkdir(folder);
        await Deno.chmod(folder, before);
        await tightenOwnFolder({ HOME: join(root, "home"), AGENTGATE_HOME: folder });
        assert.equal((await Deno.stat(folder)).mode! & 0o7777, after);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    },
  });
}

Deno.test("tightenOwnFolder leaves the working folder alone, and what is not there", async () => {
  const before = (await Deno.stat(Deno.cwd())).mode;
  await tightenOwnFolder({ HOME: "/nowhere", AGENTGATE_HOME: Deno.cwd() });
  assert.equal((await Deno.stat(Deno.cwd())).mode, before);
  await tightenOwnFolder({ HOME: "/nowhere" });
  await tightenOwnFolder({});
});

/** Without `[fleet]`, nothing of it is loaded: whoever needs it imports it when it is on. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT } from "../e2e/gateway.ts";

/** Modules that are for a fleet alone. */
const FLEET =
  /from "(?:pg|@redis\/client|[./]*\/(?:fleet\/(?:log|limits|copy)\/.*|leases|leased_bucket|shared_circuits)\.ts)"/;

/** Those that may import the others: what only they, or the command `fleet`, need. */
const OF_FLEET = /\/(limits\/(leases|leased_bucket|shared_circuits)|cli\/fleet)\.ts$/;

async function* modules(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory && name !== "fleet") yield* modules(path);
    else if (name.endsWith(".ts")) yield path;
  }
}

Deno.test("no module of a gateway without a fleet imports the fleet's, but for types", async () => {
  for await (const path of modules(join(PROJECT, "src"))) {
    if (OF_FLEET.test(path.replaceAll("\\", "/"))) continue;
    const imports = (await Deno.readTextFile(path)).match(/^(?:import|export) [^;]*;/gm) ?? [];
    const values = imports.filter((text) => !text.startsWith("import type") && FLEET.test(text));
    assert.deepEqual(values, [], path);
  }
});

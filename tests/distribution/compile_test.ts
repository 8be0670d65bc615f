import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundleProgram } from "../../scripts/bundle.ts";
import { threadModules } from "../../scripts/thread_modules.ts";
import { PROJECT } from "../e2e/gateway.ts";

/** Where a module looks for a thread's module, or a file, beside itself. */
const ADDRESS = /new URL\(\s*["'`]([\w./-]+\.(?:js|ts|wasm))["'`]/g;

Deno.test("the bundle has every thread, and all that its modules name", async () => {
  const threads = await threadModules(PROJECT);
  assert.deepEqual(threads, [
    "src/audit/worker.ts",
    "src/fleet/copy/copy_thread.ts",
    "src/fleet/log/shipping_thread.ts",
    "src/gateway/relay_worker.ts",
    "src/web/dashboard_thread.ts",
  ]);
  await withBundle(async (bundle) => {
    const named = new Set<string>();
    for (const file of filesIn(bundle).filter((file) => file.endsWith(".js"))) {
      for (const [, target] of (await Deno.readTextFile(file)).matchAll(ADDRESS)) {
        const path = join(dirname(file), target!);
        assert.ok(existsSync(path), `${file} names ${target}, which is not there`);
        named.add(path);
      }
    }
    for (const entry of ["main.js", ...threads.map((thread) => thread.replace(/\.ts$/, ".js"))]) {
      assert.deepEqual(await missingFrom(join(bundle, entry)), []);
    }
    for (const thread of threads) {
      assert.ok(named.has(join(bundle, thread.replace(/\.ts$/, ".js"))), `nobody starts ${thread}`);
    }
  });
});

Deno.test({
  name: "a binary has the whole bundle in it",
  // Another system's runtime would have to be downloaded.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withBundle(async (bundle, folder) => {
      const file = join(folder, "agentgate"), target = Deno.build.target;
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", join(PROJECT, "tests/distribution/compile_one.ts")]
          .concat([bundle, target, file]),
        // Stands in for the runtime: the result has all that a binary has, and does not start.
        env: { DENORT_BIN: Deno.execPath() },
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const runtime = Deno.statSync(Deno.execPath()).size,
        binary = Buffer.from(await Deno.readFile(file));
      const added = binary.subarray(Math.min(runtime, binary.length) - 1_000_000);
      for (const path of filesIn(bundle)) {
        const content = Buffer.from(await Deno.readFile(path));
        assert.ok(added.includes(content), `${relative(bundle, path)} is not in the binary`);
      }
    }),
});

/** The modules that a program reaches, and that are not there. */
async function missingFrom(entry: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", "--no-lock", entry],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: readonly { readonly specifier: string; readonly error?: string }[];
  };
  assert.ok(modules.length > 1, `${entry} reaches nothing`);
  return modules.filter(({ error }) => error !== undefined).map(({ specifier }) => specifier);
}

async function withBundle(use: (bundle: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "agentgate-compile-" });
  try {
    const bundle = join(folder, "bundle");
    await bundleProgram(bundle);
    await use(bundle, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    return isDirectory ? filesIn(path) : [path];
  });
}

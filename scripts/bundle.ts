/**
 * The program as plain JavaScript, for npm and for the binaries.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { threadModules } from "./thread_modules.ts";

const project = fileURLToPath(new URL("..", import.meta.url));

/** Bundles the program, its threads, and the one file that a library reads beside itself, into a folder. */
export async function bundleProgram(out: string): Promise<void> {
  const threads = await threadModules(project);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--minify"],
      ...["--outdir", out, "main.ts", ...threads],
    ],
    cwd: project,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
  const wasm = new URL("rregex.wasm", import.meta.resolve("rregex")), readers = new Set<string>();
  for await (const file of scripts(out)) {
    const text = await Deno.readTextFile(file);
    if (text.includes("rregex.wasm")) readers.add(dirname(file));
    const rewritten = rewriteThreads(text, file, out, threads);
    if (rewritten !== text) await Deno.writeTextFile(file, rewritten);
  }
  for (const reader of readers) await Deno.copyFile(wasm, join(reader, "rregex.wasm"));
}

/** No bundler follows the address of a thread's module: it is named anew, from where it is named. */
function rewriteThreads(
  text: string,
  file: string,
  out: string,
  threads: readonly string[],
): string {
  return threads.reduce((text, thread) => {
    const name = thread.split("/").at(-1)!, made = join(out, thread.replace(/\.ts$/, ".js"));
    const to = `./${relative(dirname(file), made).replaceAll("\\", "/")}`;
    return text.replaceAll(
      new RegExp(`new URL\\((["'\`])\\./${name.replace(".", "\\.")}\\1`, "g"),
      `new URL(${JSON.stringify(to)}`,
    );
  }, text);
}

async function* scripts(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* scripts(path);
    else if (name.endsWith(".js")) yield path;
  }
}

/**
 * Makes the package for npm: the program as plain JavaScript, started by npm's `deno`.
 *
 * `deno task npm [FOLDER]`; then `npm pack` or `npm publish` there.
 *
 * @module
 */

import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../deno.json" with { type: "json" };
import { threadModules } from "./thread_modules.ts";

const project = fileURLToPath(new URL("..", import.meta.url));

if (import.meta.main) {
  const folder = Deno.args[0] ?? join(project, "dist/npm");
  await buildNpm(folder);
  console.log(`made ${folder}: npm pack ${folder}`);
}

/** Makes the package in a folder, which is new or of an earlier time. */
export async function buildNpm(folder: string): Promise<void> {
  await bundle(join(folder, "js"));
  await Deno.mkdir(join(folder, "bin"), { recursive: true });
  await Deno.copyFile(join(project, "scripts/launcher.cjs"), join(folder, "bin/agentgate.cjs"));
  for (const file of ["README.md", "LICENSE"]) {
    await Deno.copyFile(join(project, file), join(folder, file));
  }
  await Deno.writeTextFile(join(folder, "package.json"), JSON.stringify(packageJson(), null, 2));
}

/** The version of Deno that the program was tested with. */
function packageJson() {
  const { version, license } = manifest;
  return {
    ...{ name: "agentgate", version, license },
    description:
      "The gateway between AI agents and MCP servers: see, allow, forbid and record every tool call",
    keywords: ["mcp", "model-context-protocol", "gateway", "policy", "audit", "ai-agents"],
    bin: { agentgate: "bin/agentgate.cjs" },
    files: ["bin", "js"],
    engines: { node: ">=18" },
    dependencies: { deno: Deno.version.deno },
  };
}

/** The program, its threads, and the one file that a library reads beside itself. */
async function bundle(out: string): Promise<void> {
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
